package userpool_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	idp "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"

	"github.com/sallyport/sallyport/internal/clock"
	"github.com/sallyport/sallyport/internal/userpool"
	"github.com/sallyport/sallyport/verify"
)

// published are the ids of the keys in a pool's JWKS.
func (w *world) published(poolID string) (ids []string) {
	w.t.Helper()
	for _, k := range w.keySet(poolID).Keys {
		ids = append(ids, k.KeyID)
	}
	slices.Sort(ids)
	return ids
}

func (w *world) kid(poolID, token string) string {
	w.t.Helper()
	header, _ := w.claims(poolID, token)
	return header["kid"].(string)
}

func (w *world) sweep() {
	w.t.Helper()
	if err := w.service.Sweep(context.Background()); err != nil {
		w.t.Fatal(err)
	}
}

// longest is a client whose tokens live as long as tokens may.
func longest(in *idp.CreateUserPoolClientInput) {
	in.AccessTokenValidity, in.IdTokenValidity = aws.Int32(24), aws.Int32(24)
}

// judges prove tokens as a stranger would, by what is published.
func (w *world) judges(poolID string, at time.Time) (id, access *verify.Verifier) {
	w.t.Helper()
	issuer, clock := w.url+"/"+poolID, verify.WithClock(func() time.Time { return at })
	keys := must(verify.NewRemoteKeys(issuer+"/.well-known/jwks.json", verify.WithoutProxy()))(w.t)
	w.t.Cleanup(func() { keys.Close() })
	return must(verify.NewIDToken(issuer, verify.AnyClient(), keys, clock))(w.t), must(verify.NewAccessToken(issuer, verify.AnyClient(), keys, clock))(w.t)
}

func TestKeysAreRotatedWithoutATokenLost(t *testing.T) {
	onEveryEngine(t, keysAreRotatedWithoutATokenLost)
}

func keysAreRotatedWithoutATokenLost(t *testing.T, w *world) {
	ctx := context.Background()
	pool, other := w.pool(nil), w.pool(nil)
	client := w.client(pool, longest)
	w.user(pool, "ann")
	elsewhere := w.node()
	before := w.tokens(client, "ann")
	oldKeys, others := w.published(*pool.Id), w.published(*other.Id)

	states := must(w.service.RotateKeys(ctx, *pool.Id))(t)
	if got := summary(states); got != "access signing, access waiting, id signing, id waiting" {
		t.Fatalf("after a rotation: %s", got)
	}
	// Published at once, on every node, and nothing is signed by it yet.
	for _, at := range []*world{w, elsewhere, w.node()} {
		ids := at.published(*pool.Id)
		if len(ids) != 4 || !slices.Contains(ids, oldKeys[0]) || !slices.Contains(ids, oldKeys[1]) {
			t.Errorf("published %q, before %q", ids, oldKeys)
		}
		if kid := w.kid(*pool.Id, *at.tokens(client, "ann").AccessToken); !slices.Contains(oldKeys, kid) {
			t.Error("a key signs that nobody has seen")
		}
	}
	// Twice in a row is once, also at the same time.
	var group sync.WaitGroup
	for range 4 {
		group.Go(func() { must(elsewhere.service.RotateKeys(ctx, *pool.Id))(t) })
	}
	group.Wait()
	if n := len(w.published(*pool.Id)); n != 4 {
		t.Fatalf("%d keys after five rotations in a row", n)
	}
	// Who keeps the key set for as long as it says has the new key in time.
	w.clock.Advance(300 * time.Second)
	last := w.tokens(client, "ann")
	if kid := w.kid(*pool.Id, *last.IdToken); !slices.Contains(oldKeys, kid) {
		t.Error("the key signs while an older key set may be in use")
	}
	w.clock.Advance(time.Minute)
	for _, at := range []*world{w, elsewhere, w.node()} {
		now := at.tokens(client, "ann")
		for _, token := range []string{*now.IdToken, *now.AccessToken} {
			if slices.Contains(oldKeys, w.kid(*pool.Id, token)) {
				t.Error("the old key signs still")
			}
		}
		if w.kid(*pool.Id, *now.IdToken) == w.kid(*pool.Id, *now.AccessToken) {
			t.Error("one key signs ID and access tokens")
		}
	}
	if got := summary(must(w.service.SigningKeys(ctx, *pool.Id))(t)); got != "access signing, access verifying, id signing, id verifying" {
		t.Errorf("after the turn: %s", got)
	}
	id, access := w.judges(*pool.Id, w.clock.Now())
	must(id.Verify(ctx, *before.IdToken))(t)
	must(access.Verify(ctx, *last.AccessToken))(t)
	must(w.GetUser(ctx, &idp.GetUserInput{AccessToken: before.AccessToken}))(t)

	// The last token of the old key is good to its end ...
	w.clock.Advance(24*time.Hour - 90*time.Second)
	w.sweep()
	_, access = w.judges(*pool.Id, w.clock.Now())
	must(access.Verify(ctx, *last.AccessToken))(t)
	// ... and a little after it the old keys are gone, on every node.
	w.clock.Advance(12 * time.Minute)
	elsewhere.sweep()
	for _, at := range []*world{w, elsewhere, w.node()} {
		if ids := at.published(*pool.Id); len(ids) != 2 || slices.Contains(ids, oldKeys[0]) || slices.Contains(ids, oldKeys[1]) {
			t.Errorf("published %q, at first %q", ids, oldKeys)
		}
		at.sweep() // and nothing else goes
	}
	if n := len(w.published(*pool.Id)); n != 2 {
		t.Errorf("%d keys are left", n)
	}
	if !slices.Equal(w.published(*other.Id), others) {
		t.Error("another pool's keys changed")
	}
	w.claims(*pool.Id, *w.tokens(client, "ann").IdToken)
}

func summary(states []userpool.KeyState) string {
	var words []string
	for _, s := range states {
		words = append(words, string(s.Use)+" "+s.State)
	}
	slices.Sort(words)
	text := ""
	for i, w := range words {
		if i > 0 {
			text += ", "
		}
		text += w
	}
	return text
}

func TestKeysAreReplacedAtOnce(t *testing.T) { onEveryEngine(t, keysAreReplacedAtOnce) }

func keysAreReplacedAtOnce(t *testing.T, w *world) {
	ctx := context.Background()
	pool := w.pool(nil)
	client := w.client(pool, longest)
	w.user(pool, "ann")
	elsewhere := w.node()
	stolen := w.tokens(client, "ann")
	arn := "arn:aws:cognito-idp:" + region + ":" + account + ":userpool/" + *pool.Id
	verifiers := func(at *world) (id, access *verify.Verifier) {
		id, access, ok := at.service.Verifiers(arn)
		if !ok {
			t.Fatal("no verifiers")
		}
		return id, access
	}
	for _, at := range []*world{w, elsewhere} { // remembered as good
		id, access := verifiers(at)
		must(id.Verify(ctx, *stolen.IdToken))(t)
		must(access.Verify(ctx, *stolen.AccessToken))(t)
	}
	oldKeys := w.published(*pool.Id)
	must(w.service.RotateKeys(ctx, *pool.Id))(t) // also the waiting ones go
	waiting := w.published(*pool.Id)
	if got := summary(must(w.service.ReplaceKeys(ctx, *pool.Id))(t)); got != "access signing, id signing" {
		t.Fatalf("after a replacement: %s", got)
	}
	for _, at := range []*world{w, elsewhere, w.node()} {
		for _, id := range at.published(*pool.Id) {
			if slices.Contains(waiting, id) {
				t.Error("an old key is still published")
			}
		}
		id, access := verifiers(at)
		for _, err := range []error{second(id.Verify(ctx, *stolen.IdToken)), second(access.Verify(ctx, *stolen.AccessToken))} {
			if err == nil {
				t.Error("a token of a dropped key is still good")
			}
		}
		_, err := at.GetUser(ctx, &idp.GetUserInput{AccessToken: stolen.AccessToken})
		refused(t, err, "NotAuthorizedException", "Invalid Access Token")
		fresh := must(at.refresh(client, *stolen.RefreshToken))(t) // the sign-in lives
		if slices.Contains(oldKeys, at.kid(*pool.Id, *fresh.IdToken)) {
			t.Error("an old key signs")
		}
		must(at.GetUser(ctx, &idp.GetUserInput{AccessToken: fresh.AccessToken}))(t)
	}
	must(w.service.ReplaceKeys(ctx, *pool.Id))(t)
	if n := len(elsewhere.published(*pool.Id)); n != 2 {
		t.Errorf("%d keys after two replacements", n)
	}
}

func second[T any](_ T, err error) error { return err }

func TestRotationsAreBounded(t *testing.T) {
	w := newWorld(t)
	ctx := context.Background()
	pool := w.pool(nil)
	for range 7 {
		must(w.service.RotateKeys(ctx, *pool.Id))(t)
		w.clock.Advance(7 * time.Minute)
	}
	if _, err := w.service.RotateKeys(ctx, *pool.Id); !errors.Is(err, userpool.ErrTooManyKeys) {
		t.Errorf("an eighth rotation in an hour: %v", err)
	}
	w.clock.Advance(25 * time.Hour)
	w.sweep()
	if n := len(w.published(*pool.Id)); n != 2 {
		t.Errorf("%d keys are left the day after", n)
	}
	must(w.service.RotateKeys(ctx, *pool.Id))(t)
	for _, rotate := range []func(context.Context, string) ([]userpool.KeyState, error){w.service.RotateKeys, w.service.ReplaceKeys, w.service.SigningKeys} {
		if _, err := rotate(ctx, "eu-west-1_aaaaaaaaa"); !errors.Is(err, userpool.ErrNoPool) {
			t.Errorf("of no pool: %v", err)
		}
	}
}

// A node whose clock is behind signs with the key there is.
func TestKeysFromTheFutureSignWhereThereAreNoOthers(t *testing.T) {
	w := newWorld(t)
	pool := w.pool(nil)
	client := w.client(pool, nil)
	w.user(pool, "ann")
	behind := *w
	behind.clock = new(clock.Clock)
	behind.config.Clock = behind.clock
	late := behind.node()
	w.clock.Advance(time.Hour)
	must(w.service.ReplaceKeys(context.Background(), *pool.Id))(t)
	late.claims(*pool.Id, *late.tokens(client, "ann").IdToken)
}
