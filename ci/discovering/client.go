// Calls shop.v1.Shop/Which at the target that is named, from four goroutines, until its input ends. For each line of its
// input it prints what has come of the calls since the last one: how many, by answer, and the errors.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"sync"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	_ "google.golang.org/grpc/xds"
)

type raw struct{}

func (raw) Name() string                       { return "proto" }
func (raw) Marshal(v any) ([]byte, error)      { return *v.(*[]byte), nil }
func (raw) Unmarshal(data []byte, v any) error { *v.(*[]byte) = append([]byte{}, data...); return nil }

func main() {
	connection, err := grpc.NewClient(os.Args[1], grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		panic(err)
	}
	var lock sync.Mutex
	answers, errors := map[string]int{}, map[string]int{}
	for range 4 {
		go func() {
			for {
				ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
				var in, out []byte
				err := connection.Invoke(ctx, "/shop.v1.Shop/Which", &in, &out, grpc.ForceCodec(raw{}), grpc.WaitForReady(true))
				cancel()
				lock.Lock()
				if err != nil {
					errors[err.Error()]++
				} else {
					// A message with one field, the name.
					answers[string(out[2:])]++
				}
				lock.Unlock()
				time.Sleep(time.Millisecond)
			}
		}()
	}
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		lock.Lock()
		text, _ := json.Marshal(map[string]any{"answers": answers, "errors": errors})
		answers, errors = map[string]int{}, map[string]int{}
		lock.Unlock()
		fmt.Println(string(text))
	}
}
