package verify

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"sync"
	"sync/atomic"
	"time"
)

// RemoteKeys is a KeySource that fetches a key set over HTTPS and keeps it in
// memory.
//
//   - Keys are served from memory. Once they are older than the refresh interval,
//     the next call starts a fetch in the background and is not delayed by it.
//   - Keys older than the maximum age are never used: an outage of the issuer is
//     bridged until then, and a withdrawn key lives no longer.
//   - An unknown key id fetches the set, so that a rotation is noticed at once,
//     but not again within the cool-down: strangers who invent ids cannot make it
//     hammer the issuer.
//   - Many callers share one fetch, and a caller that gives up does not end it
//     for the others. After failures it waits 1 s, then 2 s, up to the cool-down.
//
// It has no goroutine or connection while it is not fetching. It is safe for
// concurrent use.
type RemoteKeys struct {
	address      *url.URL
	locate       func(context.Context) (*url.URL, error) // nil: address holds for good
	fetcher      fetcher
	now          func() time.Time
	refreshAfter time.Duration
	maxAge       time.Duration
	coolDown     time.Duration

	held atomic.Pointer[heldKeys]
	live context.Context // ends with Close
	end  context.CancelFunc

	mu        sync.Mutex
	flight    *flight   // the fetch that is under way
	attempted time.Time // when the last one began
	failures  int       // since the last success
	failure   error     // the last one's
	closed    bool
}

type heldKeys struct {
	set     *KeySet
	fetched time.Time
}

// flight is one fetch, shared by all who wait for it. err may be read once done
// is closed.
type flight struct {
	done chan struct{}
	err  error
}

// RemoteOption refines RemoteKeys. One that makes no sense is an error of the
// constructor.
type RemoteOption interface{ refineRemote(*RemoteKeys) error }

type remoteOption func(*RemoteKeys) error

func (o remoteOption) refineRemote(r *RemoteKeys) error { return o(r) }

// WithTransport fetches through this transport, for a proxy or a private
// certificate authority. Redirects and limits stay as they are.
func WithTransport(transport http.RoundTripper) RemoteOption {
	return remoteOption(func(r *RemoteKeys) error {
		if transport == nil {
			return errors.New("verify: WithTransport needs a transport")
		}
		r.fetcher.transport = transport
		return nil
	})
}

// WithoutProxy connects to the issuer itself, whatever HTTPS_PROXY and its like
// say. A transport of one's own decides for itself.
func WithoutProxy() RemoteOption {
	return remoteOption(func(r *RemoteKeys) error {
		r.fetcher.direct = true
		return nil
	})
}

// WithFetchLimit refuses key sets longer than so many bytes: from 1 KiB to
// 10 MiB, 150,000 if not said (as API Gateway does).
func WithFetchLimit(bytes int64) RemoteOption {
	return remoteOption(func(r *RemoteKeys) error {
		r.fetcher.limit = bytes
		return within("a fetch limit", bytes, 1<<10, 10<<20)
	})
}

// WithFetchTimeout gives up on a fetch after d: from 10 ms to 1 minute, 3 s if
// not said.
func WithFetchTimeout(d time.Duration) RemoteOption {
	return remoteOption(func(r *RemoteKeys) error {
		r.fetcher.timeout = d
		return within("a fetch timeout", d, 10*time.Millisecond, time.Minute)
	})
}

// WithMaxAge never uses keys that were fetched longer than d ago: from 1 minute
// to 24 hours, 2 hours if not said. They are refreshed after an eighth of it.
func WithMaxAge(d time.Duration) RemoteOption {
	return remoteOption(func(r *RemoteKeys) error {
		r.maxAge, r.refreshAfter = d, d/8
		return within("a maximum age", d, time.Minute, 24*time.Hour)
	})
}

// WithCoolDown fetches at most once in d because of unknown key ids, and waits
// at most d after failures: from 1 second to 10 minutes, 10 seconds if not said.
func WithCoolDown(d time.Duration) RemoteOption {
	return remoteOption(func(r *RemoteKeys) error {
		r.coolDown = d
		return within("a cool-down", d, time.Second, 10*time.Minute)
	})
}

func within[T int64 | time.Duration](what string, value, least, most T) error {
	if value < least || value > most {
		return fmt.Errorf("verify: %s of %v; from %v to %v is accepted", what, value, least, most)
	}
	return nil
}

// NewRemoteKeys serves the keys of a JWKS URL; a user pool's is its issuer with
// /.well-known/jwks.json behind it. The URL is https, or http to localhost.
// Nothing is fetched before the first token; see Refresh.
func NewRemoteKeys(jwksURL string, opts ...RemoteOption) (*RemoteKeys, error) {
	r, err := newRemote(opts)
	if err != nil {
		return nil, err
	}
	if r.address, err = parseSecureURL(jwksURL); err != nil {
		return nil, fmt.Errorf("verify: key set URL: %w", err)
	}
	return r, nil
}

func newRemote(opts []RemoteOption) (*RemoteKeys, error) {
	r := &RemoteKeys{
		fetcher:      fetcher{limit: 150_000, timeout: 3 * time.Second},
		now:          time.Now,
		refreshAfter: 15 * time.Minute,
		maxAge:       2 * time.Hour,
		coolDown:     10 * time.Second,
	}
	for _, opt := range opts {
		if opt == nil {
			return nil, errors.New("verify: an option is nil")
		}
		if err := opt.refineRemote(r); err != nil {
			return nil, err
		}
	}
	r.live, r.end = context.WithCancel(context.Background())
	return r, nil
}

// Key finds a key by its id, from memory if it can. It returns ErrUnknownKey if
// the issuer publishes no such key, ErrKeysUnavailable if that cannot be known.
func (r *RemoteKeys) Key(ctx context.Context, keyID string) (Key, error) {
	now := r.now()
	held := r.usable(now)
	if held == nil {
		if err := r.load(ctx, now); err != nil {
			return Key{}, err
		}
		if held = r.usable(now); held == nil {
			return Key{}, ErrKeysUnavailable // closed meanwhile
		}
		return held.set.Key(ctx, keyID)
	}
	key, err := held.set.Key(ctx, keyID)
	if err == nil || keyID == "" { // no fetch can tell which key a token without kid means
		if now.Sub(held.fetched) >= r.refreshAfter {
			r.begin(now, 0)
		}
		return key, err
	}
	shared, _ := r.begin(now, r.coolDown)
	if shared == nil {
		return Key{}, err
	}
	if failure := shared.wait(ctx); failure != nil {
		return Key{}, failure // it may be a new key: nobody can say
	}
	if held = r.usable(now); held == nil {
		return Key{}, ErrKeysUnavailable
	}
	return held.set.Key(ctx, keyID)
}

// Refresh fetches the keys now, so that a program finds out at its start
// whether it can.
func (r *RemoteKeys) Refresh(ctx context.Context) error {
	return r.load(ctx, r.now())
}

func (r *RemoteKeys) load(ctx context.Context, now time.Time) error {
	shared, err := r.begin(now, 0)
	if err != nil {
		return err
	}
	return shared.wait(ctx)
}

// Close ends a fetch that is under way. From then on there are no keys.
func (r *RemoteKeys) Close() error {
	r.mu.Lock()
	r.closed = true
	r.held.Store(nil)
	shared := r.flight
	r.mu.Unlock()
	r.end()
	if shared != nil {
		<-shared.done
	}
	return nil
}

// usable are the keys held, unless they are too old. A clock that was set back
// far says nothing about their age: they count as too old.
func (r *RemoteKeys) usable(now time.Time) *heldKeys {
	held := r.held.Load()
	if held == nil || now.Sub(held.fetched) >= r.maxAge || now.Before(held.fetched.Add(-maxLeeway)) {
		return nil
	}
	return held
}

// begin joins the fetch that is under way, or starts one if the last attempt is
// at least pause ago (and, after failures, a growing while). Otherwise it says
// why not.
func (r *RemoteKeys) begin(now time.Time, pause time.Duration) (*flight, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return nil, errClosed
	}
	if r.flight != nil {
		return r.flight, nil
	}
	if r.failures > 0 {
		pause = max(pause, min(r.coolDown, time.Second<<min(r.failures-1, 10)))
	}
	if since := now.Sub(r.attempted); since >= 0 && since < pause {
		if r.failure == nil {
			return nil, ErrKeysUnavailable
		}
		return nil, fmt.Errorf("%w: a moment ago: %w", ErrKeysUnavailable, r.failure)
	}
	r.attempted = now
	r.flight = &flight{done: make(chan struct{})}
	go r.fetch(r.flight, now)
	return r.flight, nil
}

// read gets the key set, from where the issuer has it now.
func (r *RemoteKeys) read() (document string, err error) {
	address := r.address
	if r.locate != nil {
		if address, err = r.locate(r.live); err != nil {
			return "", err
		}
	}
	return r.fetcher.get(r.live, address)
}

func (r *RemoteKeys) fetch(shared *flight, began time.Time) {
	document, err := r.read()
	var set *KeySet
	if err == nil {
		set, err = parseKeys(document)
	}

	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case err != nil:
		r.failures++
		r.failure = err
	case r.closed:
		err = errors.New("the key source is closed")
	default:
		r.failures, r.failure = 0, nil
		r.held.Store(&heldKeys{set: set, fetched: began})
	}
	shared.err = err
	r.flight = nil
	close(shared.done)
}

var errClosed = fmt.Errorf("%w: the key source is closed", ErrKeysUnavailable)

// wait waits for a fetch, no longer than its caller wants to.
func (f *flight) wait(ctx context.Context) error {
	select {
	case <-f.done:
		if f.err != nil {
			return fmt.Errorf("%w: %w", ErrKeysUnavailable, f.err)
		}
		return nil
	case <-ctx.Done():
		return fmt.Errorf("%w: %w", ErrKeysUnavailable, ctx.Err())
	}
}
