package keyring_test

import (
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/sallyport/sallyport/internal/keyring"
	"github.com/sallyport/sallyport/internal/store"
	"github.com/sallyport/sallyport/internal/store/storetest"
)

func newShelf(t testing.TB) keyring.Shelf {
	t.Helper()
	db, err := store.Open(context.Background(), store.Options{Memory: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return keyring.NewShelf(db)
}

func openRing(t testing.TB, m keyring.Master, s keyring.Shelf) *keyring.Keyring {
	t.Helper()
	k, err := keyring.Open(context.Background(), m, s)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func seal(t testing.TB, k *keyring.Keyring, p keyring.Purpose, id, plain string) []byte {
	t.Helper()
	sealed, err := k.Seal(p, id, []byte(plain))
	if err != nil {
		t.Fatal(err)
	}
	return sealed
}

func opens(t testing.TB, k *keyring.Keyring, p keyring.Purpose, id string, sealed []byte, want string) {
	t.Helper()
	plain, err := k.Open(p, id, sealed)
	if err != nil || string(plain) != want {
		t.Errorf("Open: %q, %v, want %q", plain, err, want)
	}
}

func TestSealedOpensOnlyAsItWasSealed(t *testing.T) {
	master, shelf := keyring.NewMaster(), newShelf(t)
	k := openRing(t, master, shelf)
	sealed := seal(t, k, keyring.ClientSecrets, "client-1", "the secret")
	if bytes.Contains(sealed, []byte("secret")) {
		t.Fatal("the text lies in the clear")
	}
	opens(t, k, keyring.ClientSecrets, "client-1", sealed, "the secret")
	opens(t, openRing(t, master, shelf), keyring.ClientSecrets, "client-1", sealed, "the secret")
	opens(t, k, keyring.Outbox, "", seal(t, k, keyring.Outbox, "", ""), "")

	stranger := openRing(t, keyring.NewMaster(), newShelf(t))
	for name, attack := range map[string]func() ([]byte, error){
		"another purpose": func() ([]byte, error) { return k.Open(keyring.AccessKeys, "client-1", sealed) },
		"another id":      func() ([]byte, error) { return k.Open(keyring.ClientSecrets, "client-2", sealed) },
		"no id":           func() ([]byte, error) { return k.Open(keyring.ClientSecrets, "", sealed) },
		"a longer id":     func() ([]byte, error) { return k.Open(keyring.ClientSecrets, "client-1\x00", sealed) },
		"another keyring": func() ([]byte, error) { return stranger.Open(keyring.ClientSecrets, "client-1", sealed) },
		"nothing":         func() ([]byte, error) { return k.Open(keyring.ClientSecrets, "client-1", nil) },
		"appended to": func() ([]byte, error) {
			return k.Open(keyring.ClientSecrets, "client-1", append(bytes.Clone(sealed), 0))
		},
	} {
		if plain, err := attack(); !errors.Is(err, keyring.ErrUnreadable) || plain != nil {
			t.Errorf("%s: %q, %v, want ErrUnreadable", name, plain, err)
		}
	}
	for i := range sealed {
		forged := bytes.Clone(sealed)
		forged[i] ^= 0x10
		if _, err := k.Open(keyring.ClientSecrets, "client-1", forged); !errors.Is(err, keyring.ErrUnreadable) {
			t.Errorf("byte %d changed: %v, want ErrUnreadable", i, err)
		}
		if _, err := k.Open(keyring.ClientSecrets, "client-1", sealed[:i]); !errors.Is(err, keyring.ErrUnreadable) {
			t.Errorf("cut to %d bytes: %v, want ErrUnreadable", i, err)
		}
	}
	if bytes.Equal(sealed, seal(t, k, keyring.ClientSecrets, "client-1", "the secret")) {
		t.Error("the same text was sealed to the same bytes")
	}
}

func TestUnknownPurposeIsAMistakeOfTheProgram(t *testing.T) {
	k := openRing(t, keyring.NewMaster(), newShelf(t))
	if _, err := k.Seal("typo", "", nil); err == nil {
		t.Error("Seal took it")
	}
	if err := k.Rotate(t.Context(), "typo"); err == nil {
		t.Error("Rotate took it")
	}
	defer func() {
		if recover() == nil {
			t.Error("MAC did not panic")
		}
	}()
	k.MAC("typo", "a")
}

func TestMACTellsPartsApart(t *testing.T) {
	master, shelf := keyring.NewMaster(), newShelf(t)
	k, again := openRing(t, master, shelf), openRing(t, master, shelf)
	seen := map[string]string{}
	for _, parts := range [][]string{nil, {""}, {"", ""}, {"ab"}, {"a", "b"}, {"ab", ""}, {"", "ab"}, {"a", "", "b"}, {"\x00\x00\x00\x00\x00\x00\x00\x01a"}, {strings.Repeat("long", 5000)}} {
		for _, p := range keyring.Purposes {
			sum := k.MAC(p, parts...)
			if len(sum) != 32 || !bytes.Equal(sum, again.MAC(p, parts...)) {
				t.Errorf("%s %.20q: %x is not the same after a restart", p, parts, sum)
			}
			name := fmt.Sprintf("%s %.40q", p, parts)
			if other, there := seen[string(sum)]; there {
				t.Errorf("%s and %s have one MAC", name, other)
			}
			seen[string(sum)] = name
		}
	}
}

func TestMACFromManyGoroutines(t *testing.T) {
	k := openRing(t, keyring.NewMaster(), newShelf(t))
	var group sync.WaitGroup
	for i := range 8 {
		part := fmt.Sprint(i)
		want := k.MAC(keyring.Tokens, part)
		group.Go(func() {
			for range 200 {
				if got := k.MAC(keyring.Tokens, part); !bytes.Equal(got, want) {
					t.Errorf("MAC(%s) is %x, was %x", part, got, want)
					return
				}
			}
		})
	}
	group.Wait()
}

func TestRotationSealsAnewAndOpensTheOld(t *testing.T) {
	master, shelf := keyring.NewMaster(), newShelf(t)
	here, there := openRing(t, master, shelf), openRing(t, master, shelf)
	old, mac := seal(t, here, keyring.SigningKeys, "k", "old"), here.MAC(keyring.SigningKeys, "k")
	for range 2 {
		if err := here.Rotate(t.Context(), keyring.SigningKeys); err != nil {
			t.Fatal(err)
		}
	}
	fresh := seal(t, here, keyring.SigningKeys, "k", "fresh")
	if hex.EncodeToString(old[:5]) == hex.EncodeToString(fresh[:5]) {
		t.Error("the same data key seals after the rotation")
	}
	if !bytes.Equal(mac, here.MAC(keyring.SigningKeys, "k")) {
		t.Error("the MAC key has rotated")
	}
	// The other node has never read the new key; it does when it meets it.
	for _, k := range []*keyring.Keyring{here, there, openRing(t, master, shelf)} {
		opens(t, k, keyring.SigningKeys, "k", old, "old")
		opens(t, k, keyring.SigningKeys, "k", fresh, "fresh")
	}
}

// countingShelf counts how often it is read.
type countingShelf struct {
	keyring.Shelf
	mu    sync.Mutex
	reads int
}

func (s *countingShelf) WrappedKeys(ctx context.Context) ([]keyring.WrappedKey, error) {
	s.mu.Lock()
	s.reads++
	s.mu.Unlock()
	return s.Shelf.WrappedKeys(ctx)
}

func TestForgedKeyNumbersDoNotHammerTheDatabase(t *testing.T) {
	shelf := &countingShelf{Shelf: newShelf(t)}
	k := openRing(t, keyring.NewMaster(), shelf)
	before := shelf.reads
	forged := append([]byte{1, 0, 0, 0, 0}, make([]byte, 40)...)
	for n := range 1000 {
		forged[3], forged[4] = byte(n>>8), byte(n)
		if _, err := k.Open(keyring.PageTokens, "", forged); !errors.Is(err, keyring.ErrUnreadable) {
			t.Fatal(err)
		}
	}
	if extra := shelf.reads - before; extra > 100 {
		t.Errorf("%d reads of the database for 1000 forged values", extra)
	}
}

func TestNodesThatStartTogetherShareTheirKeys(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		master, shelf := keyring.NewMaster(), keyring.NewShelf(db)
		rings := make([]*keyring.Keyring, 4)
		var nodes sync.WaitGroup
		for i := range rings {
			nodes.Go(func() {
				k, err := keyring.Open(t.Context(), master, shelf)
				if err != nil {
					t.Error(err)
				}
				rings[i] = k
			})
		}
		nodes.Wait()
		if t.Failed() {
			return
		}
		for _, p := range keyring.Purposes {
			sealed := seal(t, rings[0], p, "id", "x")
			for _, k := range rings {
				opens(t, k, p, "id", sealed, "x")
				if !bytes.Equal(k.MAC(p, "a"), rings[0].MAC(p, "a")) {
					t.Errorf("%s: the nodes have different MAC keys", p)
				}
			}
		}
	})
}

func TestWrongMasterKeyIsRefusedAndChangesNothing(t *testing.T) {
	master, shelf := keyring.NewMaster(), newShelf(t)
	sealed := seal(t, openRing(t, master, shelf), keyring.Outbox, "", "x")
	before, _ := shelf.WrappedKeys(t.Context())
	for name, wrong := range map[string]keyring.Master{"another": keyring.NewMaster(), "none": {}} {
		k, err := keyring.Open(t.Context(), wrong, shelf)
		if err == nil || k != nil {
			t.Errorf("%s: opened", name)
		}
		if name == "another" && (!errors.Is(err, keyring.ErrWrongMaster) || !strings.Contains(err.Error(), "SALLYPORT_MASTER_KEY")) {
			t.Errorf("%q does not say what to do", err)
		}
	}
	after, _ := shelf.WrappedKeys(t.Context())
	if len(before) != len(after) {
		t.Errorf("%d keys before, %d after", len(before), len(after))
	}
	opens(t, openRing(t, master, shelf), keyring.Outbox, "", sealed, "x")
}

// editedShelf lets someone who can write to the database try their hand.
type editedShelf struct {
	keyring.Shelf
	edit func([]keyring.WrappedKey)
}

func (s editedShelf) WrappedKeys(ctx context.Context) ([]keyring.WrappedKey, error) {
	keys, err := s.Shelf.WrappedKeys(ctx)
	s.edit(keys)
	return keys, err
}

func TestWrappedKeysCannotBeMovedOrChanged(t *testing.T) {
	master, shelf := keyring.NewMaster(), newShelf(t)
	openRing(t, master, shelf)
	for name, edit := range map[string]func([]keyring.WrappedKey){
		"swapped between purposes":         func(k []keyring.WrappedKey) { k[0].Wrapped, k[2].Wrapped = k[2].Wrapped, k[0].Wrapped },
		"swapped between MAC and sealing":  func(k []keyring.WrappedKey) { k[0].Wrapped, k[1].Wrapped = k[1].Wrapped, k[0].Wrapped },
		"copied to a newer number":         func(k []keyring.WrappedKey) { k[1].Number = 9 },
		"changed":                          func(k []keyring.WrappedKey) { k[0].Wrapped[20] ^= 1 },
		"emptied":                          func(k []keyring.WrappedKey) { k[0].Wrapped = nil },
		"brought from another master's db": func(k []keyring.WrappedKey) { other, _ := newShelfKeys(t); k[0] = other[0] },
	} {
		_, err := keyring.Open(t.Context(), master, editedShelf{shelf, edit})
		if err == nil || errors.Is(err, keyring.ErrWrongMaster) || !strings.Contains(err.Error(), "damaged") {
			t.Errorf("%s: %v, want an error that says damaged", name, err)
		}
	}
}

func newShelfKeys(t *testing.T) ([]keyring.WrappedKey, error) {
	shelf := newShelf(t)
	openRing(t, keyring.NewMaster(), shelf)
	return shelf.WrappedKeys(t.Context())
}

func TestShelfSaysWhetherItIsEmpty(t *testing.T) {
	shelf := newShelf(t)
	for _, want := range []bool{true, false} {
		if empty, err := keyring.Empty(t.Context(), shelf); err != nil || empty != want {
			t.Errorf("Empty: %v, %v, want %v", empty, err, want)
		}
		openRing(t, keyring.NewMaster(), newShelf(t))
		if want {
			openRing(t, keyring.NewMaster(), shelf)
		}
	}
}

func FuzzOpen(f *testing.F) {
	k := openRing(f, keyring.NewMaster(), newShelf(f))
	real := seal(f, k, keyring.PageTokens, "id", "next")
	f.Add(real)
	f.Add([]byte{1, 0, 0, 0, 1})
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, sealed []byte) {
		plain, err := k.Open(keyring.PageTokens, "id", sealed)
		if bytes.Equal(sealed, real) == (err != nil) {
			t.Errorf("Open(%x): %q, %v", sealed, plain, err)
		}
	})
}
