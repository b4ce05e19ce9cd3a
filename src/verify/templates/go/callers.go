package main

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"sync"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	_ "google.golang.org/grpc/xds"
	"google.golang.org/protobuf/proto"
)

type callersRequest struct {
	ID      int64  `json:"id"`
	Target  string `json:"target"`
	Method  string `json:"method"`
	Hex     string `json:"hex"`
	Callers int    `json:"callers"`
	Balance string `json:"balance"`
	Start   int    `json:"start"`
}

// What has come of calls since it was last asked for.
type tally struct {
	ID      int64            `json:"id"`
	OK      bool             `json:"ok"`
	Error   string           `json:"error,omitempty"`
	Answers map[string]int64 `json:"answers"`
	Errors  map[string]int64 `json:"errors"`
}

var (
	counting sync.Mutex
	answers  = map[string]int64{}
	failures = map[string]int64{}
)

func init() {
	ops["callers"] = func(line []byte) any {
		var r callersRequest
		if err := json.Unmarshal(line, &r); err != nil {
			fail(err)
		}
		a := tally{ID: r.ID, OK: true}
		if err := begin(r); err != nil {
			a.OK, a.Error = false, err.Error()
		}
		return a
	}
	ops["tally"] = func(line []byte) any {
		var r callersRequest
		if err := json.Unmarshal(line, &r); err != nil {
			fail(err)
		}
		counting.Lock()
		defer counting.Unlock()
		a := tally{ID: r.ID, OK: true, Answers: answers, Errors: failures}
		answers, failures = map[string]int64{}, map[string]int64{}
		return a
	}
}

// Has several callers call one after the other, for as long as the program runs.
func begin(r callersRequest) error {
	desc, err := method(r.Method)
	if err != nil {
		return err
	}
	raw, err := hex.DecodeString(r.Hex)
	if err != nil {
		return err
	}
	in, err := message(string(desc.Input().FullName()))
	if err != nil {
		return err
	}
	if err := proto.Unmarshal(raw, in); err != nil {
		return err
	}
	options := []grpc.DialOption{grpc.WithTransportCredentials(insecure.NewCredentials())}
	if r.Balance != "" {
		// A name is not known to be of this machine, so a proxy of the environment would be asked for it.
		config := fmt.Sprintf(`{"loadBalancingConfig": [{%q: {}}]}`, r.Balance)
		options = append(options, grpc.WithDefaultServiceConfig(config), grpc.WithNoProxy())
	}
	conn, err := grpc.NewClient(r.Target, options...)
	if err != nil {
		return err
	}
	// A client that has not found anybody yet loses no call of a rollout: its callers begin when one call was answered.
	out, err := message(string(desc.Output().FullName()))
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Duration(r.Start)*time.Millisecond)
	defer cancel()
	_ = conn.Invoke(ctx, r.Method, in, out, grpc.WaitForReady(true))
	one := func() {
		out, err := message(string(desc.Output().FullName()))
		if err != nil {
			fail(err)
		}
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		ctx = metadata.AppendToOutgoingContext(ctx, "protopact-instance", "1")
		var head metadata.MD
		err = conn.Invoke(ctx, r.Method, in, out, grpc.Header(&head))
		counting.Lock()
		defer counting.Unlock()
		if err != nil {
			failures[status.Code(err).String()+": "+status.Convert(err).Message()]++
			return
		}
		who := ""
		if found := head.Get("protopact-instance"); len(found) > 0 {
			who = found[0]
		}
		answers[who]++
	}
	for range r.Callers {
		go func() {
			for {
				one()
				time.Sleep(time.Millisecond)
			}
		}()
	}
	return nil
}
