package server

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"syscall"
	"time"

	"github.com/sallyport/sallyport/internal/clock"
	"github.com/sallyport/sallyport/internal/config"
	"github.com/sallyport/sallyport/internal/gateway"
	"github.com/sallyport/sallyport/internal/userpool"
)

// Limits of the listener. A request's body is bounded by the service that
// reads it; a function may take fifteen minutes to answer.
const (
	readHeaderTimeout = 10 * time.Second
	readTimeout       = 2 * time.Minute
	writeTimeout      = 16 * time.Minute
	idleTimeout       = 2 * time.Minute
	maxHeaderBytes    = 64 << 10
)

// Server is a running deployment.
type Server struct {
	*services
	config   config.Config
	clock    *clock.Clock
	logger   *slog.Logger
	operator *operator
	http     *http.Server
	listener net.Listener
	serving  chan error
}

// Start opens everything and serves. When it returns without an error, the
// server is ready; what it returns otherwise says in one line what to do.
func Start(ctx context.Context, c config.Config, logger *slog.Logger) (*Server, error) {
	listener, err := listen(ctx, c.Listen)
	if err != nil {
		return nil, err
	}
	if c.URL == "" {
		c.URL = baseURL(c.Listen, listener.Addr())
	}
	s := &Server{config: c, clock: new(clock.Clock), logger: logger, listener: listener, serving: make(chan error, 1)}
	if s.services, err = startServices(ctx, c, s.clock, logger); err != nil {
		listener.Close()
		return nil, err
	}
	s.operator = newOperator(s)
	s.http = &http.Server{
		Handler:           s,
		ReadHeaderTimeout: readHeaderTimeout,
		ReadTimeout:       readTimeout,
		WriteTimeout:      writeTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    maxHeaderBytes,
		ErrorLog:          slog.NewLogLogger(logger.Handler(), slog.LevelDebug),
	}
	s.http.RegisterOnShutdown(s.operator.end)
	go func() { s.serving <- s.http.Serve(listener) }()
	return s, nil
}

func listen(ctx context.Context, address string) (net.Listener, error) {
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", address)
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return nil, fmt.Errorf("another program listens on %s: stop it, or choose another address with --listen", address)
	case err != nil:
		return nil, fmt.Errorf("cannot listen on %s: %v", address, reason(err))
	}
	return l, nil
}

// baseURL is where clients on this machine find the server: the host as the
// operator wrote it, the port as it came out.
func baseURL(address string, got net.Addr) string {
	host, _, _ := net.SplitHostPort(address)
	_, port, _ := net.SplitHostPort(got.String())
	return "http://" + net.JoinHostPort(host, port)
}

// URL is the public base URL, without a trailing slash.
func (s *Server) URL() string { return s.config.URL }

// Done delivers the error that ended serving, if something other than Close did.
func (s *Server) Done() <-chan error { return s.serving }

// Close stops taking requests, lets those under way finish until ctx ends,
// then ends the functions and closes the database.
func (s *Server) Close(ctx context.Context) error {
	err := s.http.Shutdown(ctx)
	if err != nil {
		_ = s.http.Close() // ctx has ended: cut what is left
	}
	return errors.Join(err, s.services.close())
}

// ServeHTTP sends a request to what it is for. The order matters: an API's own
// host owns every path, also those that mean something elsewhere.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if api, ok := gateway.Locate(r, apiDomain); ok {
		s.gateway.Serve(w, r, api)
		return
	}
	switch path := r.URL.Path; {
	case strings.HasPrefix(path, codePath+"/"):
		s.functions.ServeCode(w, r)
	case strings.HasPrefix(path, importPath+"/"):
		s.pools.ServeImport(w, r)
	case strings.HasPrefix(path, operatorPrefix):
		s.operator.ServeHTTP(w, r)
	case strings.Contains(path, "/.well-known/"):
		s.pools.ServeWellKnown(w, r)
	case userpool.IsConfirmPath(path):
		s.confirmUser(w, r)
	default:
		s.api.ServeHTTP(w, r)
	}
}
