package identitypool_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	ci "github.com/aws/aws-sdk-go-v2/service/cognitoidentity"
	"github.com/aws/aws-sdk-go-v2/service/iam"
)

func (w *world) vouch(pool, user string, change func(*ci.GetOpenIdTokenForDeveloperIdentityInput)) (id, token string, err error) {
	in := &ci.GetOpenIdTokenForDeveloperIdentityInput{IdentityPoolId: &pool, Logins: map[string]string{"login.shop": user}}
	if change != nil {
		change(in)
	}
	out, err := w.GetOpenIdTokenForDeveloperIdentity(context.Background(), in)
	if err != nil {
		return "", "", err
	}
	return *out.IdentityId, *out.Token, nil
}

func (w *world) vouched(pool, user string) (id string, logins map[string]string) {
	w.t.Helper()
	id, token, err := w.vouch(pool, user, nil)
	if err != nil {
		w.t.Fatal(err)
	}
	return id, map[string]string{service: token}
}

func TestDeveloperIdentities(t *testing.T) {
	w := newWorld(t)
	pool, other := w.pool(nil), w.pool(nil)
	w.withRoles(pool, nil)
	ann, anns := w.vouched(pool, "ann")
	if again, _ := w.vouched(pool, "ann"); again != ann {
		t.Errorf("ann is %s and %s", ann, again)
	}
	if got := must(w.get(ann, anns))(t); *got.IdentityId != ann || w.whoami(got.Credentials) != session("member") {
		t.Errorf("%s as %s", *got.IdentityId, w.whoami(got.Credentials))
	}
	lookup := func(id, user string) (*ci.LookupDeveloperIdentityOutput, error) {
		in := &ci.LookupDeveloperIdentityInput{IdentityPoolId: &pool}
		if id != "" {
			in.IdentityId = &id
		}
		if user != "" {
			in.DeveloperUserIdentifier = &user
		}
		return w.LookupDeveloperIdentity(t.Context(), in)
	}

	t.Run("tokens where they do not belong", func(t *testing.T) {
		ben, bens := w.vouched(pool, "ben")
		_, err := w.get(ann, bens)
		refused(t, err, notAllowed, mismatch)
		_, foreigners := w.vouched(other, "ann")
		_, err = w.get(ann, foreigners)
		refused(t, err, notAllowed, foreign)
		_, err = w.get(w.id(pool, nil), map[string]string{"login.shop": anns[service]})
		refused(t, err, notAllowed, "")
		_, err = w.GetOpenIdToken(t.Context(), &ci.GetOpenIdTokenInput{IdentityId: &ben, Logins: bens})
		refused(t, err, "InvalidParameterException", "Basic (classic) flow is not enabled, please use enhanced flow.")
	})
	t.Run("a token does not renew itself", func(t *testing.T) {
		open := w.pool(func(in *ci.CreateIdentityPoolInput) { in.AllowClassicFlow = aws.Bool(true) })
		id, logins := w.vouched(open, "ann")
		_, err := w.GetOpenIdToken(t.Context(), &ci.GetOpenIdTokenInput{IdentityId: &id, Logins: logins})
		refused(t, err, notAllowed, foreign)
		token := *must(w.GetOpenIdToken(t.Context(), &ci.GetOpenIdTokenInput{IdentityId: aws.String(w.id(open, w.login("zoe"))), Logins: w.login("zoe")}))(t).Token
		_, err = w.getID(open, map[string]string{service: token})
		refused(t, err, notAllowed, foreign)
	})
	t.Run("its life", func(t *testing.T) {
		for seconds, ok := range map[int64]bool{0: false, 1: true, 86400: true, 86401: false} {
			_, _, err := w.vouch(pool, "ann", func(in *ci.GetOpenIdTokenForDeveloperIdentityInput) { in.TokenDuration = &seconds })
			if (err == nil) != ok {
				t.Errorf("%d seconds: %v", seconds, err)
			}
		}
		_, short, err := w.vouch(pool, "ann", func(in *ci.GetOpenIdTokenForDeveloperIdentityInput) { in.TokenDuration = aws.Int64(60) })
		if err != nil {
			t.Fatal(err)
		}
		w.clock.Advance(time.Minute)
		_, err = w.get(ann, map[string]string{service: short})
		refused(t, err, notAllowed, "Invalid login token. Token is expired.")
	})
	t.Run("linking", func(t *testing.T) {
		_, _, err := w.vouch(pool, "annabel", func(in *ci.GetOpenIdTokenForDeveloperIdentityInput) { in.IdentityId = &ann })
		if err != nil {
			t.Fatal(err)
		}
		if out := must(lookup(ann, ""))(t); !slices.Equal(out.DeveloperUserIdentifierList, []string{"ann", "annabel"}) {
			t.Errorf("ann is called %v", out.DeveloperUserIdentifierList)
		}
		cid, _ := w.vouched(pool, "cid")
		_, _, err = w.vouch(pool, "cid", func(in *ci.GetOpenIdTokenForDeveloperIdentityInput) { in.IdentityId = &ann })
		refused(t, err, "DeveloperUserAlreadyRegisteredException", "")
		_, _, err = w.vouch(other, "new", func(in *ci.GetOpenIdTokenForDeveloperIdentityInput) { in.IdentityId = &ann })
		refused(t, err, "ResourceNotFoundException", "")
		_, err = lookup(cid, "ann")
		refused(t, err, "ResourceConflictException", "")
		_, err = lookup("", "nobody")
		refused(t, err, "ResourceNotFoundException", "")
		_, err = lookup("", "")
		refused(t, err, "InvalidParameterException", "")
		id, _, err := w.vouch(pool, "dan", func(in *ci.GetOpenIdTokenForDeveloperIdentityInput) {
			in.Logins[key(poolA)] = w.idToken(poolA, "dan")
		})
		if err != nil || w.id(pool, w.login("dan")) != id {
			t.Errorf("a login beside the developer's user: %v", err)
		}
		_, _, err = w.vouch(pool, "eve", func(in *ci.GetOpenIdTokenForDeveloperIdentityInput) { in.Logins[key(poolA)] = "forged" })
		refused(t, err, notAllowed, noIDToken)
	})
	t.Run("merging", func(t *testing.T) {
		fay, fays := w.vouched(pool, "fay")
		_, guss := w.vouched(pool, "gus")
		merged := must(w.MergeDeveloperIdentities(t.Context(), &ci.MergeDeveloperIdentitiesInput{
			IdentityPoolId: &pool, DeveloperProviderName: aws.String("login.shop"), SourceUserIdentifier: aws.String("gus"), DestinationUserIdentifier: aws.String("fay"),
		}))(t)
		if *merged.IdentityId != fay {
			t.Errorf("merged into %s", *merged.IdentityId)
		}
		if got := must(w.get(fay, fays))(t); *got.IdentityId != fay {
			t.Error("the destination is another one now")
		}
		_, err := w.getID(pool, guss)
		refused(t, err, notAllowed, foreign) // the token is of an identity that is disabled
		_, err = w.MergeDeveloperIdentities(t.Context(), &ci.MergeDeveloperIdentitiesInput{
			IdentityPoolId: &pool, DeveloperProviderName: aws.String("other"), SourceUserIdentifier: aws.String("gus"), DestinationUserIdentifier: aws.String("fay"),
		})
		refused(t, err, "InvalidParameterException", "")
	})
	t.Run("unlinking", func(t *testing.T) {
		in := &ci.UnlinkDeveloperIdentityInput{IdentityPoolId: &pool, IdentityId: &ann, DeveloperProviderName: aws.String("login.shop"), DeveloperUserIdentifier: aws.String("cid")}
		_, err := w.UnlinkDeveloperIdentity(t.Context(), in)
		refused(t, err, "ResourceConflictException", "")
		_, fresh := w.vouched(pool, "ann")
		for _, user := range []string{"ann", "annabel"} {
			in.DeveloperUserIdentifier = &user
			must(w.UnlinkDeveloperIdentity(t.Context(), in))(t)
		}
		_, err = w.get(ann, fresh)
		refused(t, err, notAllowed, foreign)
		if again, _ := w.vouched(pool, "ann"); again == ann {
			t.Error("an unlinked user is seen as a known one")
		}
	})
}

func TestADevelopersTagsReachTheSession(t *testing.T) {
	w := newWorld(t)
	pool := w.pool(nil)
	w.withRoles(pool, nil)
	must(w.iam().PutRolePolicy(t.Context(), &iam.PutRolePolicyInput{RoleName: aws.String("member"), PolicyName: aws.String("all"), PolicyDocument: aws.String(
		`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"iam:ListUsers","Resource":"*","Condition":{"StringEquals":{"aws:PrincipalTag/team":"blue"}}}}`)}))(t)
	for team, code := range map[string]string{"blue": "", "red": "AccessDenied"} {
		id, token, err := w.vouch(pool, "ann", func(in *ci.GetOpenIdTokenForDeveloperIdentityInput) {
			in.PrincipalTags = map[string]string{"team": team}
		})
		if err != nil {
			t.Fatal(err)
		}
		c := given(must(w.get(id, map[string]string{service: token}))(t).Credentials)
		_, err = iam.NewFromConfig(w.config(c)).ListUsers(t.Context(), &iam.ListUsersInput{})
		if code == "" && err != nil {
			t.Error(err)
		} else if code != "" {
			refused(t, err, code, "")
		}
	}
}
