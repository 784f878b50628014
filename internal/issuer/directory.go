package issuer

import (
	"errors"
	"fmt"
	"maps"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/sallyport/sallyport/verify"
)

// Limits of API Gateway's JWT authorizers.
const (
	fetchTimeout = 1500 * time.Millisecond // of each of the two documents
	fetchLimit   = 150_000                 // bytes of each
	keyAge       = 2 * time.Hour
	coolDown     = 10 * time.Second // of unknown key ids, and the most after failures
)

// maxIssuers is how many issuers elsewhere a directory holds keys of. Those that
// nobody has asked about for as long as keys live give way to others.
const maxIssuers = 1024

// ErrTooManyIssuers: all places are taken by issuers whose keys are in use.
var ErrTooManyIssuers = errors.New("issuer: the keys of too many issuers are in use")

// Own are the issuers that live in this program.
type Own interface {
	// Issuer finds one by the iss of its tokens, or by another URL under which it
	// may be trusted, and says which iss its tokens have. An issuer that was found
	// once is taken for an own one from then on: one that is gone has no keys, and
	// is not looked for elsewhere.
	Issuer(url string) (name string, keys verify.KeySource, ok bool)
}

// Config is what a Directory needs.
type Config struct {
	Now func() time.Time
	Own Own // nil: none
	// Transport reaches issuers through a private certificate authority; nil: one
	// made for each fetch, without proxy.
	Transport http.RoundTripper
}

// Directory holds the keys of issuers. It is safe for concurrent use.
type Directory struct {
	own     Own
	now     func() time.Time
	options []verify.RemoteOption

	mu     sync.Mutex // one change at a time
	closed bool
	held   atomic.Pointer[map[string]*keysHeld] // by issuer; copied when it changes
}

// keysHeld are the keys of one issuer elsewhere.
type keysHeld struct {
	keys *verify.RemoteKeys
	used atomic.Int64 // Unix seconds
}

// New makes a directory without anything in it. It panics without Now.
func New(c Config) *Directory {
	if c.Now == nil {
		panic("issuer: a directory needs the time")
	}
	d := &Directory{own: c.Own, now: c.Now, options: []verify.RemoteOption{
		verify.WithClock(c.Now), verify.WithoutProxy(), verify.WithFetchTimeout(fetchTimeout), verify.WithFetchLimit(fetchLimit),
		verify.WithMaxAge(keyAge), verify.WithCoolDown(coolDown),
	}}
	if c.Transport != nil {
		d.options = append(d.options, verify.WithTransport(c.Transport))
	}
	d.held.Store(&map[string]*keysHeld{})
	return d
}

// Check says whether an issuer can be trusted at all: https, or http to this
// machine, without user, query and fragment. It asks nobody.
func Check(url string) error {
	_, err := verify.NewDiscoveredKeys(url)
	return err
}

// Issuer is the issuer with that URL, here or elsewhere. Nothing is fetched
// before its first key is asked for. Errors are those of Check.
func (d *Directory) Issuer(url string) (*Issuer, error) {
	if err := Check(url); err != nil {
		return nil, err
	}
	return &Issuer{directory: d, url: url}, nil
}

// keysOf are the keys of an issuer elsewhere.
func (d *Directory) keysOf(url string) (*verify.RemoteKeys, error) {
	now := d.now().Unix()
	held := (*d.held.Load())[url]
	if held == nil {
		var err error
		if held, err = d.add(url, now); err != nil {
			return nil, fmt.Errorf("%w: %w", verify.ErrKeysUnavailable, err)
		}
	}
	if held.used.Load() != now { // spares the cache line a write on every token
		held.used.Store(now)
	}
	return held.keys, nil
}

func (d *Directory) add(url string, now int64) (*keysHeld, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	before := *d.held.Load()
	if held := before[url]; held != nil {
		return held, nil
	}
	next := maps.Clone(before)
	if len(next) >= maxIssuers {
		maps.DeleteFunc(next, func(_ string, held *keysHeld) bool { return now-held.used.Load() >= int64(keyAge/time.Second) })
	}
	if d.closed {
		return nil, errors.New("issuer: the directory is closed")
	}
	if len(next) >= maxIssuers {
		return nil, ErrTooManyIssuers
	}
	keys, err := verify.NewDiscoveredKeys(url, d.options...)
	if err != nil {
		return nil, err
	}
	held := &keysHeld{keys: keys}
	held.used.Store(now)
	next[url] = held
	d.held.Store(&next)
	return held, nil
}

// Close ends the fetches that are under way. From then on no issuer elsewhere has
// keys.
func (d *Directory) Close() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.closed = true
	for _, held := range *d.held.Load() {
		held.keys.Close()
	}
	return nil
}
