package userpool

import (
	"context"
	"errors"
	"time"

	"github.com/sallyport/sallyport/internal/store"
	"github.com/sallyport/sallyport/internal/userpool/passkey"
)

// Passkey is a public key that a user signs in with.
type Passkey struct {
	PoolID       string
	ID           string // as the authenticator drew it, base64url
	Sub          string
	RelyingParty string // for which it was made, and for which alone it works
	Name         string
	Created      time.Time
	Key          passkey.Credential
}

const (
	maxPasskeys = 20 // a user
	// codePasskey is not sent to anybody: the browser has it signed.
	codePasskey codePurpose = "passkey-registration"
)

var passkeyTable = store.NewTable(store.Schema[Passkey]{
	Table: "user_pool_passkeys",
	Key: []store.Column[Passkey]{
		{Name: "pool_id", Value: func(k *Passkey) any { return k.PoolID }},
		{Name: "id", Value: func(k *Passkey) any { return k.ID }},
	},
	Columns: []store.Column[Passkey]{{Name: "sub", Value: func(k *Passkey) any { return k.Sub }}},
})

const passkeysAfter = "pool_id = $1 and sub = $2 and id > $3 order by id limit $4"

// passkeysOf are all that the user has.
func passkeysOf(ctx context.Context, session store.Session, poolID, sub string) ([]*Passkey, error) {
	return passkeyTable.List(ctx, session, passkeysAfter, poolID, sub, "", maxPasskeys+1)
}

// addPasskey keeps a new one, if the user has room for it.
func addPasskey(ctx context.Context, tx *store.Tx, k *Passkey) error {
	n, err := passkeyTable.Count(ctx, tx, ofUser, k.PoolID, k.Sub)
	switch {
	case err != nil:
		return err
	case n >= maxPasskeys:
		return tooLarge(textTooManyPasskeys)
	}
	err = passkeyTable.Insert(ctx, tx, k)
	if errors.Is(err, store.ErrExists) {
		return invalid(textPasskeyTaken)
	}
	return err
}
