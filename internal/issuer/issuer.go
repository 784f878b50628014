package issuer

import (
	"context"
	"sync/atomic"

	"github.com/sallyport/sallyport/verify"
)

// Issuer is whom a token may be from: a verify.KeySource, safe for concurrent use.
// All of one URL have the same keys.
type Issuer struct {
	directory *Directory
	url       string
	own       atomic.Pointer[ownIssuer]
}

type ownIssuer struct {
	name string
	keys verify.KeySource
}

// Name is the iss of its tokens: the URL it was asked for by, except that an
// issuer of this program may go by another one as well. That may become known
// later than the Issuer is made, and stays so then.
func (i *Issuer) Name() string {
	if own := i.atHome(); own != nil {
		return own.name
	}
	return i.url
}

// Key finds a key of the issuer, from memory if it can. Errors are
// verify.ErrUnknownKey and verify.ErrKeysUnavailable, the latter together with
// verify.ErrDiscovery if it could not be learnt where the keys are.
func (i *Issuer) Key(ctx context.Context, keyID string) (verify.Key, error) {
	if own := i.atHome(); own != nil {
		return own.keys.Key(ctx, keyID)
	}
	keys, err := i.directory.keysOf(i.url)
	if err != nil {
		return verify.Key{}, err
	}
	return keys.Key(ctx, keyID)
}

func (i *Issuer) atHome() *ownIssuer {
	if own := i.own.Load(); own != nil || i.directory.own == nil {
		return own
	}
	name, keys, ok := i.directory.own.Issuer(i.url)
	if !ok || name == "" || keys == nil {
		return nil
	}
	i.own.CompareAndSwap(nil, &ownIssuer{name, keys})
	return i.own.Load()
}
