package main

import (
	"encoding/hex"
	"encoding/json"
	"runtime"
	"time"

	"google.golang.org/protobuf/proto"
)

// A message by its own type: as it is made empty, and as code makes it with everything in it; nil where there is no such
// code.
type kind struct {
	empty func() proto.Message
	build func() proto.Message
}

type benchRequest struct {
	ID      int64    `json:"id"`
	Message string   `json:"message"`
	Hex     string   `json:"hex"`
	Ops     []string `json:"ops"`
	// In nanoseconds.
	Warmup  int64 `json:"warmup"`
	Batch   int64 `json:"batch"`
	Batches int   `json:"batches"`
}

type timing struct {
	Times       int      `json:"times"`
	NS          []int64  `json:"ns"`
	Allocations *float64 `json:"allocations"`
	Bytes       *float64 `json:"bytes"`
}

type benchAnswer struct {
	ID      int64             `json:"id"`
	OK      bool              `json:"ok"`
	Error   string            `json:"error,omitempty"`
	Built   *string           `json:"built,omitempty"`
	Timings map[string]timing `json:"timings"`
}

// What is made is kept here, so that the compiler has to make it.
var (
	sinkMessage proto.Message
	sinkBytes   []byte
)

func init() {
	ops["bench"] = func(line []byte) any {
		var r benchRequest
		if err := json.Unmarshal(line, &r); err != nil {
			fail(err)
		}
		a := benchAnswer{ID: r.ID, Timings: map[string]timing{}}
		if err := bench(r, &a); err != nil {
			a.Error = err.Error()
		} else {
			a.OK = true
		}
		return a
	}
}

func bench(r benchRequest, a *benchAnswer) error {
	of, known := kinds[r.Message]
	if !known {
		of.empty = func() proto.Message {
			made, err := message(r.Message)
			if err != nil {
				fail(err)
			}
			return made
		}
		if _, err := message(r.Message); err != nil {
			return err
		}
	}
	raw, err := hex.DecodeString(r.Hex)
	if err != nil {
		return err
	}
	m := of.empty()
	if err := proto.Unmarshal(raw, m); err != nil {
		return err
	}
	if of.build != nil {
		m = of.build()
		built, err := proto.Marshal(m)
		if err != nil {
			return err
		}
		text := hex.EncodeToString(built)
		a.Built = &text
	}
	loops := map[string]func(int){
		"serialise": func(n int) {
			for range n {
				sinkBytes, _ = proto.Marshal(m)
			}
		},
		"parse": func(n int) {
			for range n {
				read := of.empty()
				_ = proto.Unmarshal(raw, read)
				sinkMessage = read
			}
		},
		"copy": func(n int) {
			for range n {
				sinkMessage = proto.Clone(m)
			}
		},
	}
	if of.build != nil {
		loops["build"] = func(n int) {
			for range n {
				sinkMessage = of.build()
			}
		}
	}
	for _, op := range r.Ops {
		if loop := loops[op]; loop != nil {
			a.Timings[op] = measure(loop, r)
		}
	}
	return nil
}

// Runs a loop until it is warm and a batch of it takes as long as asked for, then as many batches as asked for.
func measure(loop func(int), r benchRequest) timing {
	timed := func(n int) int64 {
		begun := time.Now()
		loop(n)
		return time.Since(begun).Nanoseconds()
	}
	runtime.GC()
	n, spent := 1, int64(0)
	for {
		took := timed(n)
		spent += took
		if took >= r.Batch && spent >= r.Warmup {
			n = int(max(1, int64(n)*r.Batch/took))
			break
		}
		if took < r.Batch {
			n *= 2
		}
	}
	out := timing{Times: n}
	for range r.Batches {
		out.NS = append(out.NS, timed(n))
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	loop(n)
	runtime.ReadMemStats(&after)
	allocations := float64(after.Mallocs-before.Mallocs) / float64(n)
	bytes := float64(after.TotalAlloc-before.TotalAlloc) / float64(n)
	out.Allocations, out.Bytes = &allocations, &bytes
	return out
}

func pointer[T any](value T) *T { return &value }
