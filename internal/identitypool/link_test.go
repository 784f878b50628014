package identitypool_test

import (
	"context"
	"errors"
	"maps"
	"slices"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	ci "github.com/aws/aws-sdk-go-v2/service/cognitoidentity"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentity/types"
)

func with(logins map[string]string, others ...map[string]string) map[string]string {
	all := maps.Clone(logins)
	for _, o := range others {
		maps.Copy(all, o)
	}
	return all
}

func (w *world) logins(id string) []string {
	w.t.Helper()
	return must(w.DescribeIdentity(context.Background(), &ci.DescribeIdentityInput{IdentityId: &id}))(w.t).Logins
}

func (w *world) unlink(id string, logins map[string]string, remove ...string) error {
	_, err := w.UnlinkIdentity(context.Background(), &ci.UnlinkIdentityInput{IdentityId: &id, Logins: logins, LoginsToRemove: remove})
	return err
}

func TestLinkingMergingAndUnlinking(t *testing.T) {
	onEveryEngine(t, func(t *testing.T, w *world) {
		pool := w.pool(nil)
		w.withRoles(pool, nil)
		office := map[string]string{saml: "ann;x"}

		t.Run("a guest becomes whoever signs in", func(t *testing.T) {
			guest := w.id(pool, nil)
			if got := must(w.get(guest, w.login("gus")))(t); *got.IdentityId != guest {
				t.Errorf("the guest became %s", *got.IdentityId)
			}
			if id := w.id(pool, w.login("gus")); id != guest {
				t.Errorf("gus is %s", id)
			}
			_, err := w.get(guest, nil)
			refused(t, err, notAllowed, "Access to Identity '"+guest+"' is forbidden.")
		})

		ann := w.id(pool, w.login("ann"))
		t.Run("a second login is linked when the first stands beside it", func(t *testing.T) {
			if got := must(w.get(ann, with(w.login("ann"), office)))(t); *got.IdentityId != ann {
				t.Error("linking changed the identity")
			}
			if id := w.id(pool, office); id != ann {
				t.Errorf("the linked login is %s", id)
			}
			if got := w.logins(ann); !slices.Equal(got, []string{saml, key(poolA)}) {
				t.Errorf("ann has %v", got)
			}
		})
		t.Run("a guest who turns out to be known is disabled", func(t *testing.T) {
			guest := w.id(pool, nil)
			if got := must(w.get(guest, w.login("ann")))(t); *got.IdentityId != ann {
				t.Errorf("the guest is %s, not ann", *got.IdentityId)
			}
			if got := must(w.get(guest, w.login("ann")))(t); *got.IdentityId != ann {
				t.Errorf("the disabled identity answers for %s", *got.IdentityId)
			}
			_, err := w.get(guest, nil)
			refused(t, err, notAllowed, "Access to Identity '"+guest+"' is forbidden.")
			_, err = w.get(guest, w.login("zoe"))
			refused(t, err, notAllowed, mismatch)
			enabled := must(w.ListIdentities(t.Context(), &ci.ListIdentitiesInput{IdentityPoolId: &pool, MaxResults: aws.Int32(60), HideDisabled: true}))(t).Identities
			all := must(w.ListIdentities(t.Context(), &ci.ListIdentitiesInput{IdentityPoolId: &pool, MaxResults: aws.Int32(60)}))(t).Identities
			if len(all) != len(enabled)+1 {
				t.Errorf("%d of %d identities are enabled", len(enabled), len(all))
			}
		})
		t.Run("two identities of one person become the older one", func(t *testing.T) {
			googles := map[string]string{google: w.openIDToken("https://accounts.google.com", "google-client", "ann")}
			young := w.id(pool, googles)
			if got := must(w.get(young, with(googles, w.login("ann"))))(t); *got.IdentityId != ann {
				t.Errorf("merged into %s", *got.IdentityId)
			}
			if id := w.id(pool, googles); id != ann {
				t.Errorf("the login of the disabled one is %s", id)
			}
			if got := w.logins(young); len(got) != 0 {
				t.Errorf("the disabled one keeps %v", got)
			}
		})
		t.Run("one login of each provider", func(t *testing.T) {
			_, err := w.get(ann, with(w.login("ann"), map[string]string{saml: "annabel;x"}))
			refused(t, err, "ResourceConflictException", "")
			w.id(pool, map[string]string{saml: "bea;x"})
			_, err = w.getID(pool, with(w.login("ann"), map[string]string{saml: "bea;x"}))
			refused(t, err, "ResourceConflictException", "")
			if id := w.id(pool, map[string]string{saml: "bea;x"}); id == ann {
				t.Error("the refused merge has happened")
			}
		})
		t.Run("unlinking", func(t *testing.T) {
			refused(t, w.unlink(ann, w.login("zoe"), saml), notAllowed, mismatch)
			refused(t, w.unlink(ann, map[string]string{}, saml), notAllowed, mismatch)
			refused(t, w.unlink(w.id(pool, nil), w.login("ann"), key(poolA)), notAllowed, mismatch)
			refused(t, w.unlink(ann, w.login("ann"), "idp.example/shop"), "InvalidParameterException", "")
			if err := w.unlink(ann, w.login("ann"), saml); err != nil {
				t.Fatal(err)
			}
			if id := w.id(pool, office); id == ann {
				t.Error("the unlinked login is still ann's")
			}
			if err := w.unlink(ann, w.login("ann"), key(poolA), google); err != nil {
				t.Fatal(err)
			}
			if id := w.id(pool, w.login("ann")); id == ann {
				t.Error("the last login is still linked")
			}
			_, err := w.get(ann, nil)
			refused(t, err, notAllowed, "Access to Identity '"+ann+"' is forbidden.")
			_, err = w.get(ann, w.login("mallory"))
			refused(t, err, notAllowed, mismatch)
		})
	})
}

// Whatever the order: one login is one identity, also when it comes many times
// at once, and two logins of one person never end as two living identities.
func TestManyAtOnce(t *testing.T) {
	onEveryEngine(t, func(t *testing.T, w *world) {
		pool := w.pool(nil)
		at := func(n int, call func(i int) (string, error)) []string {
			ids, start := make([]string, n), make(chan struct{})
			var all sync.WaitGroup
			for i := range n {
				all.Go(func() {
					<-start
					id, err := call(i)
					if err != nil {
						t.Error(err)
					}
					ids[i] = id
				})
			}
			close(start)
			all.Wait()
			slices.Sort(ids)
			return slices.Compact(ids)
		}
		ann, office := w.login("ann"), map[string]string{saml: "ann;x"}
		if ids := at(16, func(int) (string, error) { return w.getID(pool, ann) }); len(ids) != 1 {
			t.Errorf("one login is %d identities", len(ids))
		}
		bea, beas := w.login("bea"), map[string]string{saml: "bea;x"}
		at(24, func(i int) (string, error) {
			return w.getID(pool, []map[string]string{bea, beas, with(bea, beas)}[i%3])
		})
		if one, two := w.id(pool, bea), w.id(pool, beas); one != two {
			t.Errorf("linked logins are %s and %s", one, two)
		}
		// Many guests at once become the same person: one of them lives.
		guests := make([]string, 8)
		for i := range guests {
			guests[i] = w.id(pool, nil)
		}
		cid := w.login("cid")
		w.withRoles(pool, nil)
		at(len(guests), func(i int) (string, error) {
			out, err := w.get(guests[i], cid)
			if err != nil {
				return "", err
			}
			return *out.IdentityId, nil
		})
		living := w.id(pool, cid)
		for _, g := range guests {
			if got := must(w.get(g, cid))(t); *got.IdentityId != living {
				t.Errorf("the guest %s is %s, not %s", g, *got.IdentityId, living)
			}
		}
		// Deleting at once: whoever comes is somebody, or learns that they are gone.
		at(24, func(i int) (string, error) {
			id, err := w.getID(pool, cid)
			if i%3 == 0 && err == nil {
				_, err = w.DeleteIdentities(t.Context(), &ci.DeleteIdentitiesInput{IdentityIdsToDelete: []string{id}})
			} else if i%3 == 1 && err == nil {
				var gone *types.ResourceNotFoundException
				if _, err = w.get(id, cid); errors.As(err, &gone) {
					err = nil
				}
			}
			return "", err
		})
		// Linking and unlinking at once: the login is somebody's alone.
		at(12, func(i int) (string, error) {
			if i%3 == 0 {
				_ = w.unlink(w.id(pool, ann), ann, saml) // it may not be linked just now
				return "", nil
			}
			return w.getID(pool, with(ann, office))
		})
		id := w.id(pool, with(ann, office))
		if one, two := w.id(pool, ann), w.id(pool, office); one != id || two != id {
			t.Errorf("%s and %s are not %s", one, two, id)
		}
	})
}
