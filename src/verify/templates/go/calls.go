package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"sort"
	"strconv"
	"strings"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/encoding/gzip"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
)

const prefix = "x-protopact-"

// No answer of a server is waited for longer than this.
const patience = 10 * time.Second

func method(path string) (protoreflect.MethodDescriptor, error) {
	name := strings.Replace(strings.TrimPrefix(path, "/"), "/", ".", 1)
	found, err := protoregistry.GlobalFiles.FindDescriptorByName(protoreflect.FullName(name))
	if err != nil {
		return nil, err
	}
	if m, ok := found.(protoreflect.MethodDescriptor); ok {
		return m, nil
	}
	return nil, fmt.Errorf("%s is no method", path)
}

func pairs(md metadata.MD) [][2]string {
	out := [][2]string{}
	for key, values := range md {
		for _, value := range values {
			if strings.HasSuffix(key, "-bin") {
				value = hex.EncodeToString([]byte(value))
			}
			if strings.HasPrefix(key, prefix) {
				out = append(out, [2]string{key, value})
			}
		}
	}
	sort.Slice(out, func(i, j int) bool { return out[i][0] < out[j][0] })
	return out
}

var channels = map[string]*grpc.ClientConn{}

func channel(r request) (*grpc.ClientConn, error) {
	key := fmt.Sprint(r.Address, r.TLS)
	if found := channels[key]; found != nil {
		return found, nil
	}
	credential := insecure.NewCredentials()
	if r.TLS != nil {
		config, err := files(*r.TLS)
		if err != nil {
			return nil, err
		}
		config.RootCAs, config.ClientCAs = config.ClientCAs, nil
		credential = credentials.NewTLS(config)
	}
	made, err := grpc.NewClient(r.Address, grpc.WithTransportCredentials(credential))
	if err == nil {
		channels[key] = made
	}
	return made, err
}

func files(t tlsFiles) (*tls.Config, error) {
	config := &tls.Config{MinVersion: tls.VersionTLS12}
	if t.CA != "" {
		pem, err := os.ReadFile(t.CA)
		if err != nil {
			return nil, err
		}
		config.ClientCAs = x509.NewCertPool()
		config.ClientCAs.AppendCertsFromPEM(pem)
	}
	if t.Cert != "" {
		pair, err := tls.LoadX509KeyPair(t.Cert, t.Key)
		if err != nil {
			return nil, err
		}
		config.Certificates = []tls.Certificate{pair}
	}
	return config, nil
}

func call(r request) (a answer) {
	a.ID, a.Responses, a.Initial, a.Trailing = r.ID, []string{}, [][2]string{}, [][2]string{}
	desc, err := method(r.Method)
	if err != nil {
		a.Error = err.Error()
		return a
	}
	conn, err := channel(r)
	if err != nil {
		a.Error = err.Error()
		return a
	}
	var inputs []proto.Message
	for _, text := range r.Requests {
		in, err := message(string(desc.Input().FullName()))
		raw, wrong := hex.DecodeString(text)
		if err == nil && wrong == nil {
			err = proto.Unmarshal(raw, in)
		}
		if err != nil || wrong != nil {
			a.Error = fmt.Sprint(err, wrong)
			return a
		}
		inputs = append(inputs, in)
	}
	wait := patience
	if r.Deadline > 0 {
		wait = time.Duration(r.Deadline) * time.Millisecond
	}
	ctx, cancel := context.WithTimeout(context.Background(), wait)
	defer cancel()
	for _, pair := range r.Metadata {
		value := pair[1]
		if strings.HasSuffix(pair[0], "-bin") {
			raw, _ := hex.DecodeString(value)
			value = string(raw)
		}
		ctx = metadata.AppendToOutgoingContext(ctx, pair[0], value)
	}
	var options []grpc.CallOption
	if r.Gzip {
		options = append(options, grpc.UseCompressor(gzip.Name))
	}
	a.OK = true
	err = exchange(ctx, cancel, conn, desc, r, inputs, options, &a)
	found := status.Convert(err)
	a.Code, a.Status = int(found.Code()), found.Message()
	return a
}

func exchange(ctx context.Context, cancel func(), conn *grpc.ClientConn, desc protoreflect.MethodDescriptor, r request,
	inputs []proto.Message, options []grpc.CallOption, a *answer) error {
	output := func() proto.Message {
		out, err := message(string(desc.Output().FullName()))
		if err != nil {
			fail(err)
		}
		return out
	}
	take := func(out proto.Message) error {
		raw, err := proto.Marshal(out)
		a.Responses = append(a.Responses, hex.EncodeToString(raw))
		return err
	}
	if !desc.IsStreamingClient() && !desc.IsStreamingServer() && !r.Cancel {
		var head, tail metadata.MD
		out := output()
		err := conn.Invoke(ctx, r.Method, inputs[0], out, append(options, grpc.Header(&head), grpc.Trailer(&tail))...)
		a.Initial, a.Trailing = pairs(head), pairs(tail)
		if err != nil {
			return err
		}
		return take(out)
	}
	kind := &grpc.StreamDesc{ClientStreams: desc.IsStreamingClient(), ServerStreams: desc.IsStreamingServer()}
	stream, err := conn.NewStream(ctx, kind, r.Method, options...)
	if err != nil {
		return err
	}
	receive := func() error {
		out := output()
		if err := stream.RecvMsg(out); err != nil {
			return err
		}
		return take(out)
	}
	finish := func(err error) error {
		if head, wrong := stream.Header(); wrong == nil {
			a.Initial = pairs(head)
		}
		a.Trailing = pairs(stream.Trailer())
		if errors.Is(err, io.EOF) {
			return nil
		}
		return err
	}
	both := kind.ClientStreams && kind.ServerStreams
	for _, in := range inputs {
		// What keeps a message from being sent is told by the next receive.
		if err := stream.SendMsg(in); err != nil {
			break
		}
		if both {
			if err := receive(); err != nil {
				return finish(err)
			}
			if r.Cancel {
				cancel()
				return finish(receive())
			}
		}
	}
	if r.Cancel {
		if !kind.ClientStreams {
			if err := stream.CloseSend(); err != nil {
				return finish(err)
			}
		}
		// The server has begun when its headers are here.
		if _, err := stream.Header(); err != nil {
			return finish(err)
		}
		cancel()
		for {
			if err := receive(); err != nil {
				return finish(err)
			}
		}
	}
	if err := stream.CloseSend(); err != nil {
		return finish(err)
	}
	for {
		if err := receive(); err != nil {
			return finish(err)
		}
		if !kind.ServerStreams {
			// The status comes after the one answer.
			return finish(stream.RecvMsg(output()))
		}
	}
}

type settings struct {
	Samples string      `json:"samples"`
	TLS     []*tlsFiles `json:"tls"`
}

type sampleLine struct {
	Message string   `json:"message"`
	Hex     []string `json:"hex"`
}

var samples = map[string][][]byte{}

func sample(desc protoreflect.MethodDescriptor, index int) (proto.Message, error) {
	name := string(desc.Output().FullName())
	out, err := message(name)
	if all := samples[name]; err == nil && len(all) > 0 {
		err = proto.Unmarshal(all[index%len(all)], out)
	}
	return out, err
}

type conversation struct {
	ctx     context.Context
	desc    protoreflect.MethodDescriptor
	asked   metadata.MD
	echo    bool
	seen    []proto.Message
	begin   func(metadata.MD) error
	trailer func(metadata.MD)
}

func (c *conversation) word(key string) string {
	if found := c.asked.Get(prefix + key); len(found) > 0 {
		return found[0]
	}
	return ""
}

func start(ctx context.Context, path string, begin func(metadata.MD) error, trailer func(metadata.MD)) (*conversation, error) {
	desc, err := method(path)
	if err != nil {
		return nil, status.Error(codes.Internal, err.Error())
	}
	asked, _ := metadata.FromIncomingContext(ctx)
	c := &conversation{ctx: ctx, desc: desc, asked: asked, begin: begin, trailer: trailer}
	c.echo = desc.Input().FullName() == desc.Output().FullName()
	head := metadata.MD{}
	if text := c.word("echo"); text != "" {
		head.Set(prefix+"echo", text)
	}
	if c.word("gzip") != "" {
		if err := grpc.SetSendCompressor(ctx, gzip.Name); err != nil {
			return nil, err
		}
	}
	return c, begin(head)
}

// Sends what was asked for in the trailers, and says how the call is to end. What is timed has none.
func (c *conversation) end() error {
	if c.word("bare") != "" {
		return nil
	}
	tail := metadata.MD{}
	if raw := c.word("echo-bin"); raw != "" {
		tail.Set(prefix+"echo-bin", raw)
	}
	tail.Set(prefix+"count", strconv.Itoa(len(c.seen)))
	var all []byte
	for _, m := range c.seen {
		raw, err := proto.Marshal(m)
		if err != nil {
			return err
		}
		all = append(all, []byte(strconv.Itoa(len(raw))+":")...)
		all = append(all, raw...)
	}
	if len(all) <= 3000 {
		tail.Set(prefix+"seen-bin", string(all))
	}
	c.trailer(tail)
	if code, err := strconv.Atoi(c.word("status")); err == nil {
		return status.Error(codes.Code(code), c.word("message"))
	}
	return nil
}

// Waits until the caller has gone.
func (c *conversation) hold() error {
	<-c.ctx.Done()
	return status.FromContextError(c.ctx.Err()).Err()
}

// A held call ends when the caller goes, before the server has read everything or after.
func (c *conversation) gone() {
	if c.word("hold") != "" {
		say(map[string]string{"event": "gone", "call": c.word("call")})
	}
}

func (c *conversation) reply(in proto.Message, index int) (proto.Message, error) {
	if c.echo && in != nil {
		return in, nil
	}
	first, _ := strconv.Atoi(c.word("sample"))
	return sample(c.desc, first+index)
}

func unary(ctx context.Context, in any, info *grpc.UnaryServerInfo, _ grpc.UnaryHandler) (any, error) {
	begin := func(md metadata.MD) error { return grpc.SendHeader(ctx, md) }
	trailer := func(md metadata.MD) { _ = grpc.SetTrailer(ctx, md) }
	c, err := start(ctx, info.FullMethod, begin, trailer)
	if err != nil {
		return nil, err
	}
	defer c.gone()
	c.seen = append(c.seen, in.(proto.Message))
	if c.word("hold") != "" {
		return nil, c.hold()
	}
	if err := c.end(); err != nil {
		return nil, err
	}
	return c.reply(in.(proto.Message), 0)
}

// How many messages a stream of answers to one request has.
const replies = 3

func stream(_ any, s grpc.ServerStream, info *grpc.StreamServerInfo, _ grpc.StreamHandler) error {
	c, err := start(s.Context(), info.FullMethod, s.SendHeader, s.SetTrailer)
	if err != nil {
		return err
	}
	defer c.gone()
	send := func(in proto.Message, index int) error {
		out, err := c.reply(in, index)
		if err != nil {
			return err
		}
		return s.SendMsg(out)
	}
	for {
		in, err := message(string(c.desc.Input().FullName()))
		if err != nil {
			return status.Error(codes.Internal, err.Error())
		}
		if err = s.RecvMsg(in); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return err
		}
		c.seen = append(c.seen, in)
		both := info.IsClientStream && info.IsServerStream
		if both && c.word("status") != "" {
			// The caller waits for an answer to each request before it sends the next.
			break
		}
		if both {
			if err := send(in, len(c.seen)-1); err != nil {
				return err
			}
		}
		if c.word("hold") != "" {
			if info.IsServerStream && !info.IsClientStream {
				if err := send(in, 0); err != nil {
					return err
				}
			}
			return c.hold()
		}
	}
	var last proto.Message
	if len(c.seen) > 0 {
		last = c.seen[len(c.seen)-1]
	}
	if err := c.end(); err != nil {
		return err
	}
	switch {
	case !info.IsServerStream:
		return send(last, 0)
	case !info.IsClientStream:
		for index := range replies {
			if err := send(last, index); err != nil {
				return err
			}
		}
	}
	return nil
}

func serve(text string) {
	var s settings
	if err := json.Unmarshal([]byte(text), &s); err != nil {
		fail(err)
	}
	lines, err := os.ReadFile(s.Samples)
	if err != nil {
		fail(err)
	}
	for _, line := range strings.Split(strings.TrimSpace(string(lines)), "\n") {
		var sample sampleLine
		if err := json.Unmarshal([]byte(line), &sample); err != nil {
			continue
		}
		for _, text := range sample.Hex {
			raw, _ := hex.DecodeString(text)
			samples[sample.Message] = append(samples[sample.Message], raw)
		}
	}
	ports := []int{}
	for _, tls := range s.TLS {
		ports = append(ports, listen(tls))
	}
	say(map[string]any{"event": "ready", "ports": ports})
	// The end of standard input is the end of the run, whatever calls there are.
	_, _ = io.Copy(io.Discard, os.Stdin)
	os.Exit(0)
}

// Serves in one way of securing calls, and says on which port.
func listen(secured *tlsFiles) int {
	options := []grpc.ServerOption{grpc.UnaryInterceptor(unary), grpc.StreamInterceptor(stream)}
	if secured != nil {
		config, err := files(*secured)
		if err != nil {
			fail(err)
		}
		if config.ClientCAs != nil {
			config.ClientAuth = tls.RequireAndVerifyClientCert
		}
		options = append(options, grpc.Creds(credentials.NewTLS(config)))
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		fail(err)
	}
	server := grpc.NewServer(options...)
	for _, service := range services {
		// The interceptors answer; the handlers of the generated code decode.
		server.RegisterService(service, nil)
	}
	go func() {
		if err := server.Serve(listener); err != nil {
			fail(err)
		}
	}()
	return listener.Addr().(*net.TCPAddr).Port
}
