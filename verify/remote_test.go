package verify_test

import (
	"context"
	"crypto/rsa"
	"encoding/base64"
	"errors"
	"fmt"
	"math/big"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/sallyport/sallyport/verify"
)

// keyServer is an issuer whose answers a test decides about.
type keyServer struct {
	*httptest.Server
	fetches atomic.Int64
	answer  atomic.Pointer[http.HandlerFunc]
}

func newKeyServer(t *testing.T, signers ...signer) *keyServer {
	t.Helper()
	k := &keyServer{}
	k.publish(signers...)
	k.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		k.fetches.Add(1)
		(*k.answer.Load())(w, r)
	}))
	t.Cleanup(k.Close)
	return k
}

func (k *keyServer) handle(handler http.HandlerFunc) { k.answer.Store(&handler) }

func (k *keyServer) publish(signers ...signer) {
	k.handle(func(w http.ResponseWriter, _ *http.Request) { w.Write([]byte(jwks(signers...))) })
}

func (k *keyServer) fail() {
	k.handle(func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "down", http.StatusServiceUnavailable) })
}

// hold makes the server wait with its answers until released. started gets one
// value per request.
func (k *keyServer) hold(t *testing.T, signers ...signer) (started <-chan struct{}, release func()) {
	begun, gate := make(chan struct{}, 100), make(chan struct{})
	k.handle(func(w http.ResponseWriter, r *http.Request) {
		begun <- struct{}{}
		select {
		case <-gate:
			w.Write([]byte(jwks(signers...)))
		case <-r.Context().Done():
		}
	})
	release = sync.OnceFunc(func() { close(gate) })
	t.Cleanup(release)
	return begun, release
}

func jwks(signers ...signer) string {
	keys := make([]string, len(signers))
	for i, s := range signers {
		public := s.private.Public().(*rsa.PublicKey)
		keys[i] = fmt.Sprintf(`{"kty":"RSA","use":"sig","alg":%q,"kid":%q,"n":%q,"e":%q}`, s.algorithm, s.id,
			base64.RawURLEncoding.EncodeToString(public.N.Bytes()),
			base64.RawURLEncoding.EncodeToString(big.NewInt(int64(public.E)).Bytes()))
	}
	return `{"keys":[` + strings.Join(keys, ",") + `]}`
}

// testClock is moved by hand.
type testClock struct{ ahead atomic.Int64 }

func (c *testClock) now() time.Time          { return testNow.Add(time.Duration(c.ahead.Load())) }
func (c *testClock) advance(d time.Duration) { c.ahead.Add(int64(d)) }

func remoteKeys(t *testing.T, k *keyServer, opts ...verify.RemoteOption) (*verify.RemoteKeys, *testClock) {
	t.Helper()
	clock := &testClock{}
	keys, err := verify.NewRemoteKeys(k.URL+"/.well-known/jwks.json", append([]verify.RemoteOption{verify.WithClock(clock.now)}, opts...)...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { keys.Close() })
	return keys, clock
}

func expectKey(t *testing.T, keys verify.KeySource, id string, want error) {
	t.Helper()
	key, err := keys.Key(t.Context(), id)
	if !errors.Is(err, want) || (want == nil) == (key == verify.Key{}) || want == nil && id != "" && key.ID() != id {
		t.Fatalf("key %s: %q, %v; want %v", id, key.ID(), err, want)
	}
}

func (k *keyServer) expectFetches(t *testing.T, want int64) {
	t.Helper()
	if got := k.fetches.Load(); got != want {
		t.Fatalf("%d fetches, want %d", got, want)
	}
}

func renamed(s signer, id string) signer { s.id = id; return s }

func TestRemoteKeysAreFetchedOnce(t *testing.T) {
	k := newKeyServer(t, accessSigner(), idSigner())
	keys, clock := remoteKeys(t, k)
	k.expectFetches(t, 0)
	for range 100 {
		expectKey(t, keys, "access-key=", nil)
		expectKey(t, keys, "id-key=", nil)
		clock.advance(5 * time.Second)
	}
	k.expectFetches(t, 1)
}

func TestManyCallersShareOneFetch(t *testing.T) {
	k := newKeyServer(t)
	started, release := k.hold(t, accessSigner())
	keys, _ := remoteKeys(t, k)
	var callers sync.WaitGroup
	for range 50 {
		callers.Go(func() {
			if _, err := keys.Key(context.Background(), "access-key="); err != nil {
				t.Error(err)
			}
		})
	}
	<-started
	release()
	callers.Wait()
	k.expectFetches(t, 1)
}

func TestACallerThatGivesUpDoesNotEndTheFetchForOthers(t *testing.T) {
	k := newKeyServer(t)
	started, release := k.hold(t, accessSigner())
	keys, _ := remoteKeys(t, k)
	ctx, giveUp := context.WithCancel(t.Context())
	gone := make(chan error)
	go func() {
		_, err := keys.Key(ctx, "access-key=")
		gone <- err
	}()
	<-started
	giveUp()
	if err := <-gone; !errors.Is(err, verify.ErrKeysUnavailable) || !errors.Is(err, context.Canceled) {
		t.Errorf("the one that gave up got %v", err)
	}
	release()
	expectKey(t, keys, "access-key=", nil)
	k.expectFetches(t, 1)
}

func TestUnknownKeyIDsCannotFloodTheIssuer(t *testing.T) {
	k := newKeyServer(t, accessSigner())
	keys, clock := remoteKeys(t, k)
	expectKey(t, keys, "access-key=", nil)
	for i := range 1000 {
		expectKey(t, keys, fmt.Sprint("made-up-", i), verify.ErrUnknownKey)
	}
	k.expectFetches(t, 1)
	clock.advance(10 * time.Second)
	var callers sync.WaitGroup
	for i := range 200 {
		callers.Go(func() {
			if _, err := keys.Key(context.Background(), fmt.Sprint("made-up-", i)); !errors.Is(err, verify.ErrUnknownKey) {
				t.Error(err)
			}
		})
	}
	callers.Wait()
	k.expectFetches(t, 2)
	expectKey(t, keys, "access-key=", nil)
	for range 100 {
		expectKey(t, keys, "", nil) // one key: it needs no name
	}
	k.expectFetches(t, 2)
}

func TestTokensWithoutKeyIDNeverCauseAFetch(t *testing.T) {
	k := newKeyServer(t, accessSigner(), idSigner())
	keys, clock := remoteKeys(t, k)
	expectKey(t, keys, "id-key=", nil)
	clock.advance(time.Minute)
	expectKey(t, keys, "", verify.ErrUnknownKey)
	k.expectFetches(t, 1)
}

// An issuer may come down to the one key that tokens without kid can mean.
func TestRefusedTokensWithoutKeyIDStillRefreshWhatIsOld(t *testing.T) {
	k := newKeyServer(t, accessSigner(), idSigner())
	keys, clock := remoteKeys(t, k)
	expectKey(t, keys, "", verify.ErrUnknownKey)
	clock.advance(15 * time.Minute)
	started, release := k.hold(t, idSigner())
	expectKey(t, keys, "", verify.ErrUnknownKey) // not delayed
	select {
	case <-started:
	case <-time.After(10 * time.Second):
		t.Fatal("keys that are old are not fetched again")
	}
	release()
	expectKey(t, keys, "not-there=", verify.ErrUnknownKey) // joins the fetch
	expectKey(t, keys, "", nil)
	k.expectFetches(t, 2)
}

func TestARotationIsNoticed(t *testing.T) {
	k := newKeyServer(t, accessSigner())
	keys, clock := remoteKeys(t, k)
	v, err := verify.NewAccessToken(issuer, verify.Clients(clientID), keys, verify.WithClock(clock.now), verify.WithCache(10))
	if err != nil {
		t.Fatal(err)
	}
	old := accessSigner().token(accessClaims())
	accepted(t, v, old)
	accepted(t, v, old)

	next := renamed(strangers(), "next-key=")
	k.publish(next)
	clock.advance(time.Minute)
	accepted(t, v, next.token(accessClaims()))
	k.expectFetches(t, 2)
	if _, err := v.Verify(t.Context(), old); !errors.Is(err, verify.ErrUnknownKey) {
		t.Errorf("a token of a withdrawn key, remembered from before: %v", err)
	}

	// The same id with other bytes behind it.
	k.publish(renamed(idSigner(), "next-key="))
	remembered := next.token(accessClaims())
	accepted(t, v, remembered)
	if err := keys.Refresh(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := v.Verify(t.Context(), remembered); !errors.Is(err, verify.ErrSignature) {
		t.Errorf("a remembered token whose key was replaced: %v", err)
	}
}

func TestKeysAreRefreshedInTheBackground(t *testing.T) {
	k := newKeyServer(t, accessSigner())
	keys, clock := remoteKeys(t, k)
	expectKey(t, keys, "access-key=", nil)

	next := renamed(idSigner(), "next-key=")
	started, release := k.hold(t, next)
	clock.advance(15 * time.Minute)
	for range 20 {
		expectKey(t, keys, "access-key=", nil) // not delayed: the server does not answer yet
	}
	<-started
	release()
	expectKey(t, keys, "next-key=", nil) // joins the fetch
	expectKey(t, keys, "access-key=", verify.ErrUnknownKey)
	k.expectFetches(t, 2)
}

func TestAnOutageIsBridgedUntilTheMaximumAge(t *testing.T) {
	k := newKeyServer(t, accessSigner())
	keys, clock := remoteKeys(t, k)
	expectKey(t, keys, "access-key=", nil)
	k.fail()
	for range 119 {
		clock.advance(time.Minute)
		expectKey(t, keys, "access-key=", nil)
	}
	clock.advance(time.Minute)
	expectKey(t, keys, "access-key=", verify.ErrKeysUnavailable)
	if fetches := k.fetches.Load(); fetches > 120 {
		t.Errorf("%d fetches in two hours of outage", fetches)
	}
	k.publish(accessSigner())
	clock.advance(10 * time.Second)
	expectKey(t, keys, "access-key=", nil)
}

func TestAColdStartDuringAnOutage(t *testing.T) {
	k := newKeyServer(t)
	k.fail()
	keys, clock := remoteKeys(t, k)
	for range 100 {
		expectKey(t, keys, "access-key=", verify.ErrKeysUnavailable)
	}
	k.expectFetches(t, 1) // the others were told of the first one's failure
	for range 60 {
		clock.advance(time.Second)
		expectKey(t, keys, "access-key=", verify.ErrKeysUnavailable)
	}
	if fetches := k.fetches.Load(); fetches > 12 {
		t.Errorf("%d fetches in the first minute of an outage", fetches)
	}
	if err := keys.Refresh(t.Context()); !errors.Is(err, verify.ErrKeysUnavailable) || !strings.Contains(err.Error(), "status 503") {
		t.Errorf("Refresh: %v", err)
	}
	k.publish(accessSigner())
	clock.advance(10 * time.Second)
	expectKey(t, keys, "access-key=", nil)
}

func TestAnUnknownKeyDuringAnOutageIsNotTheCallersFault(t *testing.T) {
	k := newKeyServer(t, accessSigner())
	keys, clock := remoteKeys(t, k)
	expectKey(t, keys, "access-key=", nil)
	k.fail()
	clock.advance(time.Minute)
	expectKey(t, keys, "next-key=", verify.ErrKeysUnavailable)
	expectKey(t, keys, "access-key=", nil)
}

func TestAClockThatIsSetBackDoesNotKeepKeysAlive(t *testing.T) {
	k := newKeyServer(t, accessSigner())
	keys, clock := remoteKeys(t, k)
	expectKey(t, keys, "access-key=", nil)
	clock.advance(-24 * time.Hour)
	expectKey(t, keys, "access-key=", nil)
	k.expectFetches(t, 2)
}

func TestAnIssuerMayWithdrawAllKeys(t *testing.T) {
	k := newKeyServer(t, accessSigner())
	keys, _ := remoteKeys(t, k)
	expectKey(t, keys, "access-key=", nil)
	k.publish()
	if err := keys.Refresh(t.Context()); err != nil {
		t.Fatal(err)
	}
	expectKey(t, keys, "access-key=", verify.ErrUnknownKey)
}
