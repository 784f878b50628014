package upstream

import (
	"context"
	"errors"
	"net"
	"slices"
	"strings"
	"time"
)

// origin is what a connection is good for.
type origin struct {
	secure bool
	host   string // as in the URL, lower case
}

// address is host:port.
func (o origin) address() string {
	host, port := o.split()
	if port == "" {
		port = "80"
		if o.secure {
			port = "443"
		}
	}
	return net.JoinHostPort(host, port)
}

// name is what the server's certificate must be for.
func (o origin) name() string {
	host, _ := o.split()
	return host
}

func (o origin) split() (host, port string) {
	if i := strings.LastIndexByte(o.host, ':'); i >= 0 && i > strings.LastIndexByte(o.host, ']') {
		host, port = o.host[:i], o.host[i+1:]
	} else {
		host = o.host
	}
	return strings.TrimSuffix(strings.TrimPrefix(host, "["), "]"), port
}

// server is what is known of an origin. The client's mutex guards it.
type server struct {
	idle    []*conn // the one that was used last, last
	active  int     // connections that carry a request, or are being made for one
	waiting []chan struct{}
}

// acquire returns an idle connection (reused), or a new one. Where the server has
// as many as it may, it waits for one.
func (c *Client) acquire(ctx context.Context, o origin, deadline time.Time, fresh bool) (got *conn, reused bool, err error) {
	if err := c.enter(ctx, o, deadline); err != nil {
		return nil, false, err
	}
	for !fresh {
		idle := c.takeIdle(o)
		if idle == nil {
			break
		}
		if idle.reused = true; idle.direct || idle.alive() { // a direct one looks itself, when it is used
			return idle, true, nil
		}
		idle.close()
	}
	within := time.Until(deadline)
	connecting, cancel := context.WithTimeout(ctx, min(within, c.config.ConnectTimeout))
	defer cancel()
	if got, err = c.dial(connecting, o); err == nil {
		return got, false, nil
	}
	c.leave(o, nil)
	if connecting.Err() != nil && ctx.Err() == nil && within <= c.config.ConnectTimeout {
		return nil, false, &Error{Timeout, err} // it was the request's own time that ran out
	}
	return nil, false, classify(ctx, err)
}

// enter counts a request for o in, when there is room for it.
func (c *Client) enter(ctx context.Context, o origin, deadline time.Time) error {
	c.mu.Lock()
	s := c.servers[o]
	if s == nil {
		s = &server{}
		c.servers[o] = s
	}
	if s.active < c.config.MaxConnections {
		s.active++
		c.mu.Unlock()
		return nil
	}
	turn := make(chan struct{}, 1)
	s.waiting = append(s.waiting, turn)
	c.mu.Unlock()
	waiting, cancel := context.WithDeadline(ctx, deadline)
	defer cancel()
	select {
	case <-turn: // whoever left has counted us in
		return nil
	case <-waiting.Done():
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if i := slices.Index(s.waiting, turn); i >= 0 {
		s.waiting = slices.Delete(s.waiting, i, i+1)
	} else {
		c.pass(o, s) // it was our turn at the same moment: it is the next one's
	}
	return classify(waiting, errBusy)
}

var errBusy = errors.New("the server has as many connections as it may")

// pass gives a place to whoever has waited longest.
func (c *Client) pass(o origin, s *server) {
	if len(s.waiting) > 0 {
		s.waiting[0] <- struct{}{}
		s.waiting = s.waiting[1:]
		return
	}
	if s.active--; s.active == 0 && len(s.idle) == 0 {
		delete(c.servers, o)
	}
}

func (c *Client) takeIdle(o origin) *conn {
	c.mu.Lock()
	defer c.mu.Unlock()
	s := c.servers[o]
	n := len(s.idle) - 1
	if n < 0 {
		return nil
	}
	got := s.idle[n]
	s.idle[n] = nil
	s.idle = s.idle[:n]
	c.idle--
	return got
}

// leave counts a request out. keep is the connection that it leaves for others.
func (c *Client) leave(o origin, keep *conn) {
	c.mu.Lock()
	defer c.mu.Unlock()
	s := c.servers[o]
	if keep != nil {
		if len(s.idle) >= c.config.MaxIdlePerServer || c.idle >= c.config.MaxIdle || c.closed {
			keep.close()
		} else {
			keep.since = time.Now()
			if cap(keep.in) > oneWrite {
				keep.in, keep.start, keep.end = make([]byte, usualRoom), 0, 0
			}
			s.idle = append(s.idle, keep)
			c.idle++
			c.watch()
		}
	}
	c.pass(o, s)
}

// watch sees to it that idle connections end also when nobody asks again: one
// timer for all of them.
func (c *Client) watch() {
	if c.sweeping {
		return
	}
	c.sweeping = true
	time.AfterFunc(c.config.IdleTimeout, func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.sweep(time.Now().Add(-c.config.IdleTimeout))
		if c.sweeping = false; c.idle > 0 {
			c.watch()
		}
	})
}

// sweep closes what has been idle since before the moment.
func (c *Client) sweep(before time.Time) {
	for o, s := range c.servers {
		old := 0
		for old < len(s.idle) && !s.idle[old].since.After(before) {
			s.idle[old].close()
			old++
		}
		c.idle -= old
		s.idle = slices.Delete(s.idle, 0, old)
		if s.active == 0 && len(s.idle) == 0 {
			delete(c.servers, o)
		}
	}
}
