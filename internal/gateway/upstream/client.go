package upstream

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"net"
	"strings"
	"sync"
	"time"
)

// Config bounds a Client. What is zero has the value in brackets.
type Config struct {
	ConnectTimeout   time.Duration  // of connecting, TLS included [10 s]
	IdleTimeout      time.Duration  // after which an idle connection is closed [60 s]
	MaxConnections   int            // with requests on them, to one server; more requests wait [1024]
	MaxIdlePerServer int            // [128]
	MaxIdle          int            // of all servers together [1024]
	RootCAs          *x509.CertPool // who may vouch for https servers [the system's]
	// Dial connects; ctx ends when it must be done. [net.Dialer]
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
}

// Client sends requests. Safe for concurrent use.
type Client struct {
	config Config
	tls    *tls.Config

	mu       sync.Mutex
	servers  map[origin]*server
	idle     int // connections, of all servers
	sweeping bool
	closed   bool
}

// Answer is what a server has said. Do fills it and uses its memory again: what
// is in Body is good until the next Do; the texts in Fields stay.
type Answer struct {
	Status int     // 200 to 599
	Fields []Field // as they were sent, names included, in their order
	Body   []byte
}

// New makes a client without connections.
func New(c Config) *Client {
	setDefault(&c.ConnectTimeout, 10*time.Second)
	setDefault(&c.IdleTimeout, 60*time.Second)
	setDefault(&c.MaxConnections, 1024)
	setDefault(&c.MaxIdlePerServer, 128)
	setDefault(&c.MaxIdle, 1024)
	if c.Dial == nil {
		c.Dial = (&net.Dialer{KeepAlive: 30 * time.Second}).DialContext
	}
	return &Client{config: c, servers: map[origin]*server{}, tls: &tls.Config{
		RootCAs: c.RootCAs, MinVersion: tls.VersionTLS12, NextProtos: []string{"http/1.1"},
		ClientSessionCache: tls.NewLRUClientSessionCache(256),
	}}
}

func setDefault[T comparable](v *T, otherwise T) {
	var zero T
	if *v == zero {
		*v = otherwise
	}
}

// Do sends q, reads the whole answer into a, and returns nil or an *Error. It
// ends when ctx does or at q.Deadline. A request is sent a second time, on a new
// connection, only where the first, kept from before, broke before anything of the
// answer came, and the method is idempotent or nothing of the request was sent.
func (c *Client) Do(ctx context.Context, q *Request, a *Answer) error {
	if err := q.check(); err != nil {
		return err
	}
	again, err := c.try(ctx, q, a, false)
	if again {
		_, err = c.try(ctx, q, a, true)
	}
	return err
}

// try sends q once. again says that it may be sent once more.
func (c *Client) try(ctx context.Context, q *Request, a *Answer, fresh bool) (again bool, err error) {
	o := origin{q.Secure, strings.ToLower(q.Host)}
	got, reused, err := c.acquire(ctx, o, q.Deadline, fresh)
	if err != nil {
		return false, err
	}
	_ = got.net.SetDeadline(q.Deadline)
	stop := context.AfterFunc(ctx, got.cancel)
	keep, err := got.exchange(q, a)
	if !stop() {
		keep = false // somebody is about to move its deadline
	}
	if keep && err == nil {
		c.leave(o, got)
		return false, nil
	}
	got.close()
	c.leave(o, nil)
	if err == nil {
		return false, nil
	}
	failed := classify(ctx, err)
	return failed.Kind == Unreachable && reused && !got.begun && (q.idempotent() || !got.written), failed
}

// Close closes idle connections, now and from now on. Requests under way go on.
func (c *Client) Close() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.closed = true
	c.sweep(time.Now())
}
