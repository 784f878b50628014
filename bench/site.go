package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// site is everything that the scenarios ask.
type site struct {
	folder   string // temporary
	upstream net.Listener
	tokens   *tokens

	sallyport *process
	address   string // http://127.0.0.1:port
	apis      *apis

	haproxy                     *process
	haproxyGuarded, haproxyOpen string // addresses

	loop        *process
	loopAddress string

	offline        *process // nil: not asked for
	offlineAddress string
}

// processes are the servers that run.
func (s *site) processes() []*process {
	var running []*process
	for _, p := range []*process{s.offline, s.loop, s.haproxy, s.sallyport} {
		if p != nil {
			running = append(running, p)
		}
	}
	return running
}

const (
	region     = "us-east-1"
	rootKey    = "BENCHROOT"
	rootSecret = "bench-root-secret"
)

// open starts all of it. What has been started is in the site also when it fails.
func open(ctx context.Context, chosen settings, out io.Writer) (*site, error) {
	s := &site{}
	var err error
	if s.folder, err = os.MkdirTemp("", "sallyport-bench-"); err != nil {
		return s, err
	}
	if s.upstream, err = upstream(); err != nil {
		return s, err
	}
	functions := programs{filepath.Join(s.folder, "welcome"), filepath.Join(s.folder, "authorizer")}
	fmt.Fprintln(out, "building")
	if err := errors.Join(build(ctx, functions.welcome, "./examples/pizza/function"), build(ctx, functions.authorizer, "./bench/authorizer"),
		build(ctx, filepath.Join(s.folder, "sallyport"), "./cmd/sallyport")); err != nil {
		return s, err
	}
	s.sallyport, s.address, err = start(ctx, regexp.MustCompile(`ready at (http://\S+) `), []string{
		"SALLYPORT_ROOT_ACCESS_KEY_ID=" + rootKey, "SALLYPORT_ROOT_SECRET_ACCESS_KEY=" + rootSecret,
	}, filepath.Join(s.folder, "sallyport"), "up", "--ephemeral", "--listen", "127.0.0.1:0", "--log-level", "error", "--request-rate", "1000000")
	if err != nil {
		return s, err
	}
	c := aws.Config{Region: region, BaseEndpoint: &s.address, Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
		return aws.Credentials{AccessKeyID: rootKey, SecretAccessKey: rootSecret}, nil
	})}
	fmt.Fprintf(out, "signing %d tokens\n", circle)
	if s.tokens, err = makeTokens(ctx, s.address, c); err != nil {
		return s, fmt.Errorf("tokens: %w", err)
	}
	fmt.Fprintln(out, "deploying")
	if s.apis, err = deploy(ctx, c, s.tokens, "http://"+s.upstream.Addr().String(), functions); err != nil {
		return s, fmt.Errorf("APIs: %w", err)
	}
	if err := s.startHAProxy(ctx); err != nil {
		return s, err
	}
	program, err := os.Executable()
	if err != nil {
		return s, err
	}
	s.loop, s.loopAddress, err = start(ctx, regexp.MustCompile(`ready at (http://\S+)$`), nil, program, bareLoopArgument, functions.welcome)
	if err == nil && chosen.offline != "" {
		err = s.startOffline(ctx, chosen.offline, out)
	}
	return s, err
}

// build compiles a package of this module, found from any folder in it.
func build(ctx context.Context, program, of string) error {
	root, err := exec.CommandContext(ctx, "go", "list", "-m", "-f", "{{.Dir}}").Output()
	if err != nil {
		return fmt.Errorf("run it inside the module: %w", err)
	}
	c := exec.CommandContext(ctx, "go", "build", "-o", program, of)
	c.Dir, c.Env = strings.TrimSpace(string(root)), append(os.Environ(), "CGO_ENABLED=0")
	if text, err := c.CombinedOutput(); err != nil {
		return fmt.Errorf("go build %s: %w\n%s", of, err, text)
	}
	return nil
}

func (s *site) close() {
	for _, p := range s.processes() {
		p.stop()
	}
	if s.upstream != nil {
		s.upstream.Close()
	}
	if s.folder != "" {
		_ = os.RemoveAll(s.folder)
	}
}
