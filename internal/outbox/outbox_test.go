package outbox_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/sallyport/sallyport/internal/keyring"
	"github.com/sallyport/sallyport/internal/outbox"
	"github.com/sallyport/sallyport/internal/store"
	"github.com/sallyport/sallyport/internal/store/storetest"
)

var noon = time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)

func each(t *testing.T, test func(t *testing.T, db *store.DB, o *outbox.Outbox)) {
	for name, options := range map[string]store.Options{"SQLite": {Memory: true}, "PostgreSQL": {Postgres: storetest.Postgres(t)}} {
		t.Run(name, func(t *testing.T) {
			db, err := store.Open(t.Context(), options)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { db.Close() })
			ring, err := keyring.Open(t.Context(), keyring.NewMaster(), keyring.NewShelf(db))
			if err != nil {
				t.Fatal(err)
			}
			test(t, db, outbox.New(db, ring))
		})
	}
}

func put(t *testing.T, o *outbox.Outbox, s store.Session, m outbox.Message) {
	t.Helper()
	if err := o.Put(t.Context(), s, m); err != nil {
		t.Fatal(err)
	}
}

func list(t *testing.T, o *outbox.Outbox, to string) []outbox.Message {
	t.Helper()
	found, err := o.List(t.Context(), to)
	if err != nil {
		t.Fatal(err)
	}
	if found == nil {
		t.Fatal("an empty list must not be null in JSON")
	}
	return found
}

func TestMessagesComeNewestFirstAndByAddress(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB, o *outbox.Outbox) {
		for i, to := range []string{"ann@example.com", "+15550100", "ann@example.com"} {
			put(t, o, db, outbox.Message{At: noon.Add(time.Duration(i) * time.Second), To: to, Code: fmt.Sprint(i)})
		}
		for to, want := range map[string]string{"": "210", "ann@example.com": "20", "+15550100": "1", "ANN@example.com": "", "%": ""} {
			got := ""
			for _, m := range list(t, o, to) {
				got += m.Code
			}
			if got != want {
				t.Errorf("to %q: %q, want %q", to, got, want)
			}
		}
	})
}

func TestAMessageIsTheOneThatWasPut(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB, o *outbox.Outbox) {
		m := outbox.Message{At: noon, Channel: "email", To: "ann@example.com", UserPoolID: "us-east-1_abc", Username: "ann",
			Purpose: "invitation", Code: "Temporary-7", Subject: "Grüße", Body: "<b>Temporary-7</b>\n"}
		put(t, o, db, m)
		if got := list(t, o, ""); len(got) != 1 || got[0] != m {
			t.Errorf("got %+v", got)
		}
	})
}

func TestOldMessagesAreDropped(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB, o *outbox.Outbox) {
		put(t, o, db, outbox.Message{At: noon, Code: "old"})
		put(t, o, db, outbox.Message{At: noon.Add(time.Second), Code: "just kept"})
		put(t, o, db, outbox.Message{At: noon.Add(outbox.Keep + time.Second), Code: "new"})
		if got := list(t, o, ""); len(got) != 2 || got[0].Code != "new" || got[1].Code != "just kept" {
			t.Errorf("got %+v", got)
		}
	})
}

func TestAListIsBounded(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB, o *outbox.Outbox) {
		err := db.Write(t.Context(), func(tx *store.Tx) error {
			for i := range outbox.Most + 1 {
				if err := o.Put(t.Context(), tx, outbox.Message{At: noon.Add(time.Duration(i)), Code: fmt.Sprint(i)}); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if got := list(t, o, ""); len(got) != outbox.Most || got[0].Code != fmt.Sprint(outbox.Most) {
			t.Errorf("%d messages, first %q", len(got), got[0].Code)
		}
	})
}

func TestNobodyIsToldOfWhatDidNotHappen(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB, o *outbox.Outbox) {
		undone := errors.New("undone")
		err := db.Write(t.Context(), func(tx *store.Tx) error {
			put(t, o, tx, outbox.Message{At: noon, Code: "1"})
			return undone
		})
		if !errors.Is(err, undone) || len(list(t, o, "")) != 0 {
			t.Errorf("%v; the outbox holds %+v", err, list(t, o, ""))
		}
	})
}

func TestAnotherKeyringReadsNothing(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB, o *outbox.Outbox) {
		put(t, o, db, outbox.Message{At: noon, To: "ann@example.com", Code: "1"})
		elsewhere, err := store.Open(t.Context(), store.Options{Memory: true})
		if err != nil {
			t.Fatal(err)
		}
		defer elsewhere.Close()
		ring, err := keyring.Open(t.Context(), keyring.NewMaster(), keyring.NewShelf(elsewhere))
		if err != nil {
			t.Fatal(err)
		}
		if got, err := outbox.New(db, ring).List(context.Background(), ""); err == nil {
			t.Errorf("it reads %+v", got)
		}
	})
}
