package userpool_test

import (
	"context"
	"encoding/base64"
	"fmt"
	"maps"
	"math/big"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	idp "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"

	"github.com/sallyport/sallyport/internal/srp"
)

const incorrect = "Incorrect username or password."

func TestOffersThatAreRefused(t *testing.T) {
	w := newWorld(t)
	pool := w.pool(nil)
	client := w.srpClient(pool, nil)
	guarded := w.srpClient(pool, func(in *idp.CreateUserPoolClientInput) { in.GenerateSecret = true })
	onlyCustom := w.client(pool, func(in *idp.CreateUserPoolClientInput) {
		in.ExplicitAuthFlows = []types.ExplicitAuthFlowsType{"CUSTOM_AUTH_FLOW_ONLY", "USER_PASSWORD_AUTH"}
	})
	w.user(pool, "ann")
	n := groupPrime(t)
	const notOfTheGroup = "SRP_A is not a number of the group."
	for _, c := range []struct {
		name       string
		client     *types.UserPoolClientType
		parameters map[string]string
		code, text string
	}{
		{"no name", client, map[string]string{"SRP_A": "02"}, "InvalidParameterException", "Missing required parameter USERNAME"},
		{"no A", client, map[string]string{"USERNAME": "ann"}, "InvalidParameterException", "Missing required parameter SRP_A"},
		{"A is 0", client, map[string]string{"USERNAME": "ann", "SRP_A": "0"}, "InvalidParameterException", notOfTheGroup},
		{"A is N", client, map[string]string{"USERNAME": "ann", "SRP_A": n.Text(16)}, "InvalidParameterException", notOfTheGroup},
		{"A is 2N", client, map[string]string{"USERNAME": "ann", "SRP_A": new(big.Int).Lsh(n, 1).Text(16)}, "InvalidParameterException", notOfTheGroup},
		{"A is N + 1", client, map[string]string{"USERNAME": "ann", "SRP_A": new(big.Int).Add(n, big.NewInt(1)).Text(16)}, "InvalidParameterException", notOfTheGroup},
		{"A is -N", client, map[string]string{"USERNAME": "ann", "SRP_A": "-" + n.Text(16)}, "InvalidParameterException", notOfTheGroup},
		{"A is a word", client, map[string]string{"USERNAME": "ann", "SRP_A": "horse"}, "InvalidParameterException", notOfTheGroup},
		{"A is endless", client, map[string]string{"USERNAME": "ann", "SRP_A": strings.Repeat("f", 500_000)}, "InvalidParameterException", notOfTheGroup},
		{"the name is endless", client, map[string]string{"USERNAME": strings.Repeat("a", 500_000), "SRP_A": "02"}, "InvalidParameterException", "USERNAME is too long."},
		{"secret hash missing", guarded, map[string]string{"USERNAME": "ann", "SRP_A": "02"}, "NotAuthorizedException", ""},
		{"secret hash of another user", guarded, map[string]string{"USERNAME": "ann", "SRP_A": "02", "SECRET_HASH": secretHash(guarded, "bob")}, "NotAuthorizedException", ""},
		{"unknown user, LEGACY", client, map[string]string{"USERNAME": "nobody", "SRP_A": "02"}, "UserNotFoundException", "User does not exist."},
		{"client for custom challenges alone", onlyCustom, map[string]string{"USERNAME": "ann", "SRP_A": "02"}, "InvalidParameterException", "USER_SRP_AUTH flow not enabled for this client"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := w.InitiateAuth(context.Background(), &idp.InitiateAuthInput{ClientId: c.client.ClientId, AuthFlow: "USER_SRP_AUTH", AuthParameters: c.parameters})
			refused(t, err, c.code, c.text)
		})
	}
}

// groupPrime is the group's prime: the first number that is none of the group's.
func groupPrime(t *testing.T) *big.Int {
	t.Helper()
	low, high := big.NewInt(1), new(big.Int).Lsh(big.NewInt(1), 3072)
	for {
		middle := new(big.Int).Add(low, high)
		if middle.Rsh(middle, 1); middle.Cmp(low) == 0 {
			return high
		}
		if _, err := srp.ParseNumber(middle.Text(16)); err == nil {
			low = middle
		} else {
			high = middle
		}
	}
}

func TestProofsThatAreRefused(t *testing.T) {
	ctx := context.Background()
	w := newWorld(t)
	pool, elsewhere := w.pool(nil), w.pool(nil)
	client, sibling, stranger := w.srpClient(pool, nil), w.srpClient(pool, nil), w.srpClient(elsewhere, nil)
	w.user(elsewhere, "ann")
	flip := func(text string) string {
		b := must(base64.StdEncoding.DecodeString(text))(t)
		b[len(b)/2] ^= 1
		return base64.StdEncoding.EncodeToString(b)
	}
	again := func(p *proof, at string) (signature string) { // a right proof about another time
		answers := p.answers(password)
		given := p.ChallengeParameters
		_, poolName, _ := strings.Cut(*pool.Id, "_")
		id := srp.Identity{Pool: poolName, User: given["USER_ID_FOR_SRP"]}
		key := must(p.side.Key(id, password, given["SALT"], given["SRP_B"]))(t)
		block := must(base64.StdEncoding.DecodeString(answers["PASSWORD_CLAIM_SECRET_BLOCK"]))(t)
		return base64.StdEncoding.EncodeToString(key.Proof(id, block, at))
	}
	for i, c := range []struct {
		name       string
		change     func(p *proof, answers map[string]string)
		code, text string
	}{
		{"nothing changed", nil, "", ""},
		{"another name of the user", func(p *proof, a map[string]string) {
			a["USERNAME"] = *must(w.AdminGetUser(ctx, &idp.AdminGetUserInput{UserPoolId: pool.Id, Username: aws.String(p.ChallengeParameters["USERNAME"])}))(t).UserAttributes[0].Value
		}, "", ""},
		{"no signature", func(_ *proof, a map[string]string) { delete(a, "PASSWORD_CLAIM_SIGNATURE") }, "InvalidParameterException", "Missing required parameter PASSWORD_CLAIM_SIGNATURE"},
		{"no block", func(_ *proof, a map[string]string) { delete(a, "PASSWORD_CLAIM_SECRET_BLOCK") }, "InvalidParameterException", "Missing required parameter PASSWORD_CLAIM_SECRET_BLOCK"},
		{"no time", func(_ *proof, a map[string]string) { delete(a, "TIMESTAMP") }, "InvalidParameterException", "Missing required parameter TIMESTAMP"},
		{"no name", func(_ *proof, a map[string]string) { delete(a, "USERNAME") }, "InvalidParameterException", "Missing required parameter USERNAME"},
		{"signature is no base64", func(_ *proof, a map[string]string) { a["PASSWORD_CLAIM_SIGNATURE"] = "%%" }, "InvalidParameterException", ""},
		{"block is no base64", func(_ *proof, a map[string]string) { a["PASSWORD_CLAIM_SECRET_BLOCK"] = "%%" }, "InvalidParameterException", ""},
		{"time is no time", func(_ *proof, a map[string]string) { a["TIMESTAMP"] = "yesterday" }, "InvalidParameterException", "TIMESTAMP format should be EEE MMM d HH:mm:ss z yyyy in english."},
		{"time in another zone", func(_ *proof, a map[string]string) { a["TIMESTAMP"] = strings.Replace(a["TIMESTAMP"], "UTC", "IST", 1) }, "InvalidParameterException", ""},
		{"signature changed", func(_ *proof, a map[string]string) {
			a["PASSWORD_CLAIM_SIGNATURE"] = flip(a["PASSWORD_CLAIM_SIGNATURE"])
		}, "NotAuthorizedException", incorrect},
		{"block changed", func(_ *proof, a map[string]string) {
			a["PASSWORD_CLAIM_SECRET_BLOCK"] = flip(a["PASSWORD_CLAIM_SECRET_BLOCK"])
		}, "NotAuthorizedException", incorrect},
		{"block of nobody's making", func(_ *proof, a map[string]string) {
			a["PASSWORD_CLAIM_SECRET_BLOCK"] = base64.StdEncoding.EncodeToString(make([]byte, 1000))
		}, "NotAuthorizedException", incorrect},
		{"endless block", func(_ *proof, a map[string]string) {
			a["PASSWORD_CLAIM_SECRET_BLOCK"] = base64.StdEncoding.EncodeToString(make([]byte, 500_000))
		}, "InvalidParameterException", ""},
		{"block of an offer to the same user", func(p *proof, a map[string]string) {
			a["PASSWORD_CLAIM_SECRET_BLOCK"] = must(w.startSRP(client, p.ChallengeParameters["USERNAME"]))(t).ChallengeParameters["SECRET_BLOCK"]
		}, "NotAuthorizedException", incorrect},
		{"block of an offer to another user", func(_ *proof, a map[string]string) {
			w.user(pool, "mallory")
			a["PASSWORD_CLAIM_SECRET_BLOCK"] = must(w.startSRP(client, "mallory"))(t).ChallengeParameters["SECRET_BLOCK"]
		}, "NotAuthorizedException", incorrect},
		{"own proof for another's name", func(p *proof, a map[string]string) {
			w.user(pool, "victim")
			a["USERNAME"] = "victim"
		}, "NotAuthorizedException", incorrect},
		{"own proof for a name that is not there", func(_ *proof, a map[string]string) { a["USERNAME"] = "nobody" }, "NotAuthorizedException", incorrect},
		{"another client of the pool answers", func(p *proof, _ map[string]string) { p.client = sibling }, "NotAuthorizedException", incorrect},
		{"a client of another pool answers", func(p *proof, _ map[string]string) { p.client = stranger }, "NotAuthorizedException", incorrect},
		{"another time than signed", func(_ *proof, a map[string]string) {
			a["TIMESTAMP"] = srp.FormatTime(time.Now().Add(-time.Minute))
		}, "NotAuthorizedException", incorrect},
		{"signed five minutes ago, and more", func(p *proof, a map[string]string) {
			a["TIMESTAMP"] = srp.FormatTime(time.Now().Add(-310 * time.Second))
			a["PASSWORD_CLAIM_SIGNATURE"] = again(p, a["TIMESTAMP"])
		}, "NotAuthorizedException", incorrect},
		{"signed in five minutes, and more", func(p *proof, a map[string]string) {
			a["TIMESTAMP"] = srp.FormatTime(time.Now().Add(310 * time.Second))
			a["PASSWORD_CLAIM_SIGNATURE"] = again(p, a["TIMESTAMP"])
		}, "NotAuthorizedException", incorrect},
		{"signed four minutes ago", func(p *proof, a map[string]string) {
			a["TIMESTAMP"] = srp.FormatTime(time.Now().Add(-4 * time.Minute))
			a["PASSWORD_CLAIM_SIGNATURE"] = again(p, a["TIMESTAMP"])
		}, "", ""},
		{"the day with a leading zero", func(p *proof, a map[string]string) {
			day := time.Now().UTC().Add(-4 * time.Minute)
			a["TIMESTAMP"] = day.Format("Mon Jan 02 15:04:05 UTC 2006")
			if day.Day() > 9 { // two digits: it is the weekday that can be wrong
				a["TIMESTAMP"] = day.AddDate(0, 0, 1).Format("Mon ") + day.Format("Jan 2 15:04:05 UTC 2006")
			}
			a["PASSWORD_CLAIM_SIGNATURE"] = again(p, a["TIMESTAMP"])
		}, "NotAuthorizedException", incorrect},
		{"password set meanwhile, even to the same", func(p *proof, _ map[string]string) {
			must(w.AdminSetUserPassword(ctx, &idp.AdminSetUserPasswordInput{UserPoolId: pool.Id, Username: aws.String(p.ChallengeParameters["USERNAME"]), Password: aws.String(password), Permanent: true}))(t)
		}, "NotAuthorizedException", incorrect},
		{"user made anew meanwhile", func(p *proof, _ map[string]string) {
			name := p.ChallengeParameters["USERNAME"]
			must(w.AdminDeleteUser(ctx, &idp.AdminDeleteUserInput{UserPoolId: pool.Id, Username: &name}))(t)
			w.user(pool, name)
		}, "UserNotFoundException", ""},
		{"user disabled meanwhile", func(p *proof, _ map[string]string) {
			must(w.AdminDisableUser(ctx, &idp.AdminDisableUserInput{UserPoolId: pool.Id, Username: aws.String(p.ChallengeParameters["USERNAME"])}))(t)
		}, "NotAuthorizedException", "User is disabled."},
	} {
		t.Run(c.name, func(t *testing.T) {
			name := fmt.Sprintf("user%d", i)
			w.user(pool, name)
			p := must(w.startSRP(client, name))(t)
			answers := p.answers(password)
			if c.change != nil {
				c.change(p, answers)
			}
			out, err := p.send(answers)
			if c.code == "" {
				if must(out, err)(t).AuthenticationResult == nil {
					t.Fatalf("answered %+v", out)
				}
				return
			}
			refused(t, err, c.code, c.text)
		})
	}
	if strings.Contains(w.records.text.String(), "Horse") {
		t.Error("a password is in a record")
	}
}

func TestOfferIsAnsweredOnce(t *testing.T) {
	onEveryEngine(t, func(t *testing.T, w *world) {
		pool := w.pool(nil)
		client := w.srpClient(pool, nil)
		for name, first := range map[string]string{"a right answer": password, "a wrong answer": "Wrong-Horse-7"} {
			user := strings.ReplaceAll(name, " ", "-")
			w.user(pool, user)
			p := must(w.startSRP(client, user))(t)
			_, err := p.send(p.answers(first))
			if (err == nil) != (first == password) {
				t.Fatalf("%s: %v", name, err)
			}
			for _, second := range []string{password, "Wrong-Horse-7"} {
				_, err = p.send(p.answers(second))
				refused(t, err, "NotAuthorizedException", "Invalid session for the user.")
			}
		}

		w.user(pool, "ann")
		p := must(w.startSRP(client, "ann"))(t)
		answers := p.answers(password)
		var mu sync.Mutex
		var wait sync.WaitGroup
		won := 0
		for range 16 {
			wait.Go(func() {
				out, err := p.send(maps.Clone(answers))
				mu.Lock()
				defer mu.Unlock()
				if err == nil && out.AuthenticationResult != nil {
					won++
				} else if !strings.Contains(fmt.Sprint(err), "Invalid session for the user.") {
					t.Errorf("answered %v", err)
				}
			})
		}
		wait.Wait()
		if won != 1 {
			t.Errorf("of 16 answers to one offer %d were taken", won)
		}
	})
}

func TestOffersWaitAsLongAsSessions(t *testing.T) {
	ctx := context.Background()
	w := newWorld(t)
	pool := w.pool(nil)
	client := w.srpClient(pool, nil)
	w.user(pool, "ann")
	p := must(w.startSRP(client, "ann"))(t)
	other := must(w.startSRP(client, "ann"))(t)
	send := func(session *string) error {
		_, err := w.RespondToAuthChallenge(ctx, &idp.RespondToAuthChallengeInput{ClientId: client.ClientId, ChallengeName: "PASSWORD_VERIFIER", Session: session, ChallengeResponses: p.answers(password)})
		return err
	}
	refused(t, send(other.Session), "NotAuthorizedException", "Invalid session for the user.")
	refused(t, send(aws.String(strings.Repeat("s", 40))), "NotAuthorizedException", "Invalid session for the user.")
	if err := send(p.Session); err != nil { // a session that was not the offer's did not use it up
		t.Errorf("its own session: %v", err)
	}
	w.clock.Advance(3 * time.Minute)
	_, err := other.send(other.answers(password))
	refused(t, err, "NotAuthorizedException", "Invalid session for the user, session is expired.")
	if _, err := w.signInBySRP(client, "ann", password); err != nil { // a client's clock knows nothing of the server's advance
		t.Errorf("after the clock was advanced: %v", err)
	}
}

func TestWrongProofsCountAsWrongPasswords(t *testing.T) {
	w := newWorld(t)
	pool := w.pool(nil)
	for _, c := range []struct {
		name   string
		client *types.UserPoolClientType
	}{
		{"ann", w.srpClient(pool, nil)},
		{"bob", w.srpClient(pool, hiding)},
		{"nobody", w.srpClient(pool, hiding)},
	} {
		byPassword := w.client(pool, hiding)
		if c.name != "nobody" {
			w.user(pool, c.name)
		}
		early := must(w.startSRP(c.client, c.name))(t)
		for range 6 {
			_, err := w.signInBySRP(c.client, c.name, "Wrong-Horse-7")
			refused(t, err, "NotAuthorizedException", incorrect)
		}
		for flow, try := range map[string]func() error{
			"a new proof":             func() error { _, err := w.startSRP(c.client, c.name); return err },
			"a proof begun before":    func() error { _, err := early.send(early.answers(password)); return err },
			"the password in another": func() error { _, err := w.signIn(byPassword, c.name, password); return err },
		} {
			t.Run(c.name+", "+flow, func(t *testing.T) {
				refused(t, try(), "NotAuthorizedException", "Password attempts exceeded")
			})
		}
		w.clock.Advance(2 * time.Second)
		if _, err := w.signInBySRP(c.client, c.name, password); (err == nil) != (c.name != "nobody") {
			t.Errorf("%s after the lock: %v", c.name, err)
		}
	}
}
