package account

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/iam"

	"github.com/sallyport/sallyport/internal/access"
	"github.com/sallyport/sallyport/internal/keyring"
	"github.com/sallyport/sallyport/internal/store"
)

func TestADamagedKeyIsDeadAndKeepsNothingElseAway(t *testing.T) {
	db, err := store.Open(t.Context(), store.Options{Memory: true})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	ring, err := keyring.Open(t.Context(), keyring.NewMaster(), keyring.NewShelf(db))
	if err != nil {
		t.Fatal(err)
	}
	s := New("000000000000", db, ring, Credentials{AccessKeyID: "operator", SecretAccessKey: keyring.NewSecret("s3cret")})
	if err := s.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	call := &access.Call{Caller: s.Root(), Time: db.Now()}
	made, err := s.CreateUser(t.Context(), call, &iam.CreateUserInput{UserName: new("ann")})
	if err != nil {
		t.Fatal(err)
	}
	id := "AKIADAMAGEDDAMAGED22"
	if err := accessKeys.Insert(t.Context(), db, &accessKey{ID: id, Owner: *made.User.UserId, Sealed: []byte("damaged")}); err != nil {
		t.Fatal(err)
	}
	if secret, _, err := s.Key(t.Context(), id, ""); err == nil || secret != "" {
		t.Error("the damaged key signs")
	}
	good, err := s.CreateAccessKey(t.Context(), call, &iam.CreateAccessKeyInput{UserName: new("ann")})
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := s.Key(t.Context(), *good.AccessKey.AccessKeyId, ""); err != nil {
		t.Errorf("a change after the damage is not seen: %v", err)
	}
}
