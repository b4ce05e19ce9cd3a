// One side of a conversation between two versions of a contract. docs/design/verify.md of protopact says what is
// spoken on standard input and output; this program holds no knowledge of what ought to come out.
package main

import (
	"bufio"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"sync"
	"time"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
)

type tlsFiles struct {
	CA   string `json:"ca"`
	Cert string `json:"cert"`
	Key  string `json:"key"`
}

type request struct {
	ID       int64       `json:"id"`
	Op       string      `json:"op"`
	Message  string      `json:"message"`
	Hex      string      `json:"hex"`
	JSON     string      `json:"json"`
	Lenient  bool        `json:"lenient"`
	Address  string      `json:"address"`
	TLS      *tlsFiles   `json:"tls"`
	Gzip     bool        `json:"gzip"`
	Method   string      `json:"method"`
	Requests []string    `json:"requests"`
	Metadata [][2]string `json:"metadata"`
	Deadline int64       `json:"deadline"`
	Cancel   bool        `json:"cancel"`
}

type answer struct {
	ID        int64       `json:"id"`
	OK        bool        `json:"ok"`
	Error     string      `json:"error,omitempty"`
	Hex       string      `json:"hex"`
	JSON      *string     `json:"json,omitempty"`
	JSONError string      `json:"json_error,omitempty"`
	Code      int         `json:"code"`
	Status    string      `json:"status"`
	Responses []string    `json:"responses"`
	Initial   [][2]string `json:"initial"`
	Trailing  [][2]string `json:"trailing"`
}

var output sync.Mutex

// Says one thing; lines of several goroutines do not mix.
func say(what any) {
	line, err := json.Marshal(what)
	if err != nil {
		fail(err)
	}
	output.Lock()
	defer output.Unlock()
	os.Stdout.Write(append(line, '\n'))
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}

// A new message of the generated type.
func message(name string) (proto.Message, error) {
	found, err := protoregistry.GlobalTypes.FindMessageByName(protoreflect.FullName(name))
	if err != nil {
		return nil, fmt.Errorf("no message %s: %w", name, err)
	}
	return found.New().Interface(), nil
}

func codec(r request) (a answer) {
	a.ID = r.ID
	m, err := message(r.Message)
	if err == nil && r.Op == "json" {
		err = protojson.UnmarshalOptions{DiscardUnknown: r.Lenient}.Unmarshal([]byte(r.JSON), m)
	} else if err == nil {
		var raw []byte
		if raw, err = hex.DecodeString(r.Hex); err == nil {
			err = proto.Unmarshal(raw, m)
		}
	}
	if err != nil {
		a.Error = err.Error()
		return a
	}
	back, err := proto.Marshal(m)
	if err != nil {
		a.Error = err.Error()
		return a
	}
	a.OK, a.Hex = true, hex.EncodeToString(back)
	text, err := protojson.Marshal(m)
	if err != nil {
		a.JSONError = err.Error()
	} else {
		s := string(text)
		a.JSON = &s
	}
	return a
}

// The lines of standard input, read as they come, whatever the request at hand does. Once they end nobody waits: what
// was read has as much time as any call, and the program ends with it.
func lines() <-chan []byte {
	in, out := make(chan []byte), make(chan []byte)
	go func() {
		read := bufio.NewScanner(os.Stdin)
		read.Buffer(nil, 256<<20)
		for read.Scan() {
			in <- append([]byte(nil), read.Bytes()...)
		}
		if err := read.Err(); err != nil {
			fail(err)
		}
		time.AfterFunc(patience, func() { os.Exit(1) })
		close(in)
	}()
	go func() {
		more, open := in, true
		for queue := [][]byte{}; open || len(queue) > 0; {
			var next []byte
			var take chan<- []byte
			if len(queue) > 0 {
				next, take = queue[0], out
			}
			select {
			case line, ok := <-more:
				if ok {
					queue = append(queue, line)
				} else {
					more, open = nil, false
				}
			case take <- next:
				queue = queue[1:]
			}
		}
		close(out)
	}()
	return out
}

// What other files of the program answer, by op: each is given the whole line.
var ops = map[string]func([]byte) any{}

func work() {
	for line := range lines() {
		var r request
		if err := json.Unmarshal(line, &r); err != nil {
			fail(err)
		}
		if other := ops[r.Op]; other != nil {
			say(other(line))
		} else if r.Op == "call" {
			say(call(r))
		} else {
			say(codec(r))
		}
	}
}

func main() {
	if len(os.Args) == 3 && os.Args[1] == "server" {
		serve(os.Args[2])
	} else {
		work()
	}
}
