// A server for the services of a contract, as services.go enters them.
//
//	service                    serves until SIGTERM
//	service health [ADDRESS]   asks a server, itself where none is named, and ends with 0 when it serves
//
// LISTEN is the address to listen on, GRACE how many seconds calls in flight may take at the end. TLS_CERT and TLS_KEY are
// what the server shows, TLS_CLIENT_CA is whom it asks clients for a certificate of; TLS_CA is whom the client trusts.
package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"os"
	"os/signal"
	"strconv"
	"syscall"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/health"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/reflection"
)

func main() {
	var err error
	switch args := os.Args[1:]; {
	case len(args) == 0:
		err = serve()
	case args[0] == "health" && len(args) == 1:
		err = ask("")
	case args[0] == "health" && len(args) == 2:
		err = ask(args[1])
	default:
		err = errors.New("usage: service [health [ADDRESS]]")
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func serve() error {
	grace, err := strconv.Atoi(setting("GRACE", "10"))
	if err != nil {
		return fmt.Errorf("GRACE is no number of seconds: %w", err)
	}
	shown, err := shown()
	if err != nil {
		return err
	}
	server := grpc.NewServer(grpc.Creds(shown))
	register(server)
	alive := health.NewServer()
	for name := range server.GetServiceInfo() {
		alive.SetServingStatus(name, healthpb.HealthCheckResponse_SERVING)
	}
	healthpb.RegisterHealthServer(server, alive)
	reflection.Register(server)
	stopped, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	listener, err := net.Listen("tcp", setting("LISTEN", "127.0.0.1:50051"))
	if err != nil {
		return err
	}
	fmt.Printf("listening on %s\n", listener.Addr())
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(listener) }()
	select {
	case err := <-ended:
		return err
	case <-stopped.Done():
	}
	alive.Shutdown()
	late := time.AfterFunc(time.Duration(grace)*time.Second, server.Stop)
	defer late.Stop()
	server.GracefulStop()
	return <-ended
}

// ask calls the health service of a server.
func ask(address string) error {
	if address == "" {
		host, port, err := net.SplitHostPort(setting("LISTEN", "127.0.0.1:50051"))
		if err != nil {
			return err
		}
		if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
			host = "127.0.0.1"
		}
		address = net.JoinHostPort(host, port)
	}
	trusted, err := trusted()
	if err != nil {
		return err
	}
	channel, err := grpc.NewClient(address, grpc.WithTransportCredentials(trusted))
	if err != nil {
		return err
	}
	defer channel.Close()
	limited, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	reply, err := healthpb.NewHealthClient(channel).Check(limited, &healthpb.HealthCheckRequest{})
	if err != nil {
		return err
	}
	if reply.GetStatus() != healthpb.HealthCheckResponse_SERVING {
		return errors.New(reply.GetStatus().String())
	}
	return nil
}

// shown is what the server shows.
func shown() (credentials.TransportCredentials, error) {
	if os.Getenv("TLS_CERT") == "" {
		return insecure.NewCredentials(), nil
	}
	pair, err := tls.LoadX509KeyPair(os.Getenv("TLS_CERT"), os.Getenv("TLS_KEY"))
	if err != nil {
		return nil, err
	}
	config := &tls.Config{MinVersion: tls.VersionTLS12, Certificates: []tls.Certificate{pair}}
	if file := os.Getenv("TLS_CLIENT_CA"); file != "" {
		if config.ClientCAs, err = roots(file); err != nil {
			return nil, err
		}
		config.ClientAuth = tls.RequireAndVerifyClientCert
	}
	return credentials.NewTLS(config), nil
}

// trusted is whom a client of other services trusts; it shows the certificate that the server has.
func trusted() (credentials.TransportCredentials, error) {
	file := os.Getenv("TLS_CA")
	if file == "" {
		return insecure.NewCredentials(), nil
	}
	pool, err := roots(file)
	if err != nil {
		return nil, err
	}
	config := &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: pool}
	if os.Getenv("TLS_CERT") != "" {
		pair, err := tls.LoadX509KeyPair(os.Getenv("TLS_CERT"), os.Getenv("TLS_KEY"))
		if err != nil {
			return nil, err
		}
		config.Certificates = []tls.Certificate{pair}
	}
	return credentials.NewTLS(config), nil
}

func roots(file string) (*x509.CertPool, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(text) {
		return nil, fmt.Errorf("%s holds no certificate", file)
	}
	return pool, nil
}

func setting(name, usual string) string {
	if value := os.Getenv(name); value != "" {
		return value
	}
	return usual
}
