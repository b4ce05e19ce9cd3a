package main

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"sync"
	"sync/atomic"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"
	"google.golang.org/protobuf/proto"
)

type loadRequest struct {
	ID      int64     `json:"id"`
	Address string    `json:"address"`
	TLS     *tlsFiles `json:"tls"`
	Method  string    `json:"method"`
	Hex     string    `json:"hex"`
	// In nanoseconds.
	Warmup  int64 `json:"warmup"`
	Time    int64 `json:"time"`
	Clients int   `json:"clients"`
}

type loadAnswer struct {
	ID        int64   `json:"id"`
	OK        bool    `json:"ok"`
	Error     string  `json:"error,omitempty"`
	Latencies []int64 `json:"latencies"`
	Calls     int64   `json:"calls"`
	Elapsed   int64   `json:"elapsed"`
}

func init() {
	ops["load"] = func(line []byte) any {
		var r loadRequest
		if err := json.Unmarshal(line, &r); err != nil {
			fail(err)
		}
		a := loadAnswer{ID: r.ID, Latencies: []int64{}}
		if err := load(r, &a); err != nil {
			a.Error = err.Error()
		} else {
			a.OK = true
		}
		return a
	}
}

// Calls one after the other, each timed, and then several at once, all counted.
func load(r loadRequest, a *loadAnswer) error {
	desc, err := method(r.Method)
	if err != nil {
		return err
	}
	conn, err := channel(request{Address: r.Address, TLS: r.TLS})
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
	answer, err := message(string(desc.Output().FullName()))
	if err != nil {
		return err
	}
	output := answer.ProtoReflect().Type()
	ctx := metadata.AppendToOutgoingContext(context.Background(), prefix+"bare", "1")
	kind := &grpc.StreamDesc{ClientStreams: desc.IsStreamingClient(), ServerStreams: desc.IsStreamingServer()}
	one := func() error {
		if !kind.ClientStreams && !kind.ServerStreams {
			return conn.Invoke(ctx, r.Method, in, output.New().Interface())
		}
		return streamed(ctx, conn, kind, r.Method, in, func() proto.Message { return output.New().Interface() })
	}
	for begun := time.Now(); time.Since(begun).Nanoseconds() < r.Warmup; {
		if err := one(); err != nil {
			return err
		}
	}
	for begun := time.Now(); time.Since(begun).Nanoseconds() < r.Time; {
		start := time.Now()
		if err := one(); err != nil {
			return err
		}
		a.Latencies = append(a.Latencies, time.Since(start).Nanoseconds())
	}
	var calls atomic.Int64
	var wrong atomic.Value
	var all sync.WaitGroup
	begun := time.Now()
	for range r.Clients {
		all.Add(1)
		go func() {
			defer all.Done()
			for time.Since(begun).Nanoseconds() < r.Time {
				if err := one(); err != nil {
					wrong.Store(err.Error())
					return
				}
				calls.Add(1)
			}
		}()
	}
	all.Wait()
	a.Calls, a.Elapsed = calls.Load(), time.Since(begun).Nanoseconds()
	if found := wrong.Load(); found != nil {
		return errors.New(found.(string))
	}
	return nil
}

// One stream: requests one after the other where there are several, each after the answer to the one before where both
// sides stream.
func streamed(ctx context.Context, conn *grpc.ClientConn, kind *grpc.StreamDesc, path string, in proto.Message,
	output func() proto.Message) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	stream, err := conn.NewStream(ctx, kind, path)
	if err != nil {
		return err
	}
	requests := 1
	if kind.ClientStreams {
		requests = replies
	}
	for range requests {
		if err := stream.SendMsg(in); err != nil {
			break
		}
		if kind.ClientStreams && kind.ServerStreams {
			if err := stream.RecvMsg(output()); err != nil {
				return err
			}
		}
	}
	if err := stream.CloseSend(); err != nil {
		return err
	}
	for {
		if err := stream.RecvMsg(output()); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
	}
}
