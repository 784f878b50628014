package userpool_test

import (
	"context"
	"math/big"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	idp "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"

	"github.com/sallyport/sallyport/internal/srp"
)

func TestADeviceStandsInForASecondFactor(t *testing.T) {
	for _, c := range []struct {
		name         string
		standIn, ask bool
		want         types.ChallengeNameType
	}{
		{"where devices stand in", true, false, "DEVICE_SRP_AUTH"},
		{"where devices are only tracked", false, false, "SOFTWARE_TOKEN_MFA"},
		{"where the user was not asked yet", true, true, "SOFTWARE_TOKEN_MFA"},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t)
			pool := w.tracking(c.standIn, c.ask)
			client := w.client(pool, nil)
			w.user(pool, "ann")
			w.mfa(pool, types.UserPoolMfaTypeOptional, token)
			app := w.enrol(w.tokens(client, "ann").AccessToken, "app")
			asked := w.asked(client, "ann", token)
			done := must(w.second(client, token, asked.Session, "ann", app.code(0)))(t)
			g := w.newGadget(client, done.AuthenticationResult)
			must(g.confirm(done.AuthenticationResult))(t)
			w.clock.Advance(time.Minute)

			begun := g.begin("ann")
			if begun.ChallengeName != c.want {
				t.Fatalf("asked for %s, want %s", begun.ChallengeName, c.want)
			}
			if c.want != "DEVICE_SRP_AUTH" {
				again := must(g.respond(token, begun.Session, "ann", "SOFTWARE_TOKEN_MFA_CODE", app.code(0)))(t).AuthenticationResult
				if again.NewDeviceMetadata != nil {
					t.Error("a known device was given another key")
				}
				_, claims := w.claims(*pool.Id, *again.AccessToken)
				if claims["device_key"] != nil {
					t.Error("the access token names a device that did not prove itself")
				}
				must(g.refresh(again.RefreshToken, g.key))(t)
				return
			}
			must(g.signIn("ann"))(t)
			// Without its key, or with one that is not the user's, the code is due.
			w.asked(client, "ann", token)
			stranger := *g
			stranger.key = "eu-west-1_00000000-0000-4000-8000-000000000000"
			if begun := stranger.begin("ann"); begun.ChallengeName != token {
				t.Errorf("an unknown device was asked for %s", begun.ChallengeName)
			}
			// A device that fails gets no further, and no code helps in its session.
			begun = g.begin("ann")
			_, err := g.respond(token, begun.Session, "ann", "SOFTWARE_TOKEN_MFA_CODE", app.code(0))
			refused(t, err, "NotAuthorizedException", "Invalid session for the user.")
		})
	}
}

func TestADeviceServesNobodyElse(t *testing.T) {
	w := newWorld(t)
	pool, other := w.tracking(true, false), w.tracking(true, false)
	client, sibling, foreign := w.client(pool, nil), w.client(pool, nil), w.client(other, nil)
	w.user(pool, "ann")
	w.user(pool, "bob")
	w.user(other, "ann")
	ann, _ := w.confirmed(client, "ann")
	bob, _ := w.confirmed(client, "bob")
	abroad, _ := w.confirmed(foreign, "ann")
	if ann.group != bob.group || ann.group == abroad.group {
		t.Errorf("groups %s, %s, %s", ann.group, bob.group, abroad.group)
	}
	for name, begun := range map[string]*idp.InitiateAuthOutput{
		"ann's for bob":         ann.begin("bob"),
		"bob's for ann":         bob.begin("ann"),
		"another pool's":        (&gadget{w: w, client: client, key: abroad.key}).begin("ann"),
		"this one, in another":  (&gadget{w: w, client: foreign, key: ann.key}).begin("ann"),
		"what can be no device": (&gadget{w: w, client: client, key: strings.Repeat("x", 5000)}).begin("ann"),
	} {
		if begun.AuthenticationResult == nil || begun.AuthenticationResult.NewDeviceMetadata == nil {
			t.Errorf("%s: got %s", name, begun.ChallengeName)
		}
	}
	// The other device's key in the answer to this one's challenge.
	second, _ := w.confirmed(client, "ann")
	begun := ann.begin("ann")
	_, _, err := second.offer(begun.Session, "ann")
	refused(t, err, "NotAuthorizedException", incorrect)
	_, _, err = (&gadget{w: w, client: sibling, key: ann.key}).offer(begun.Session, "ann")
	refused(t, err, "NotAuthorizedException", "Invalid session for the user.")
	_, _, err = ann.offer(begun.Session, "bob")
	refused(t, err, "NotAuthorizedException", "Invalid session for the user.")
	// The right key, and the secret of another device.
	forged := *ann
	forged.password = "guess"
	_, err = forged.signIn("ann")
	refused(t, err, "NotAuthorizedException", incorrect)
	must(ann.signIn("ann"))(t)
}

func TestADeviceIsNoFirstFactor(t *testing.T) {
	w := newWorld(t)
	pool := w.tracking(true, false)
	client := w.client(pool, func(in *idp.CreateUserPoolClientInput) {
		in.PreventUserExistenceErrors = types.PreventUserExistenceErrorTypesEnabled
	})
	w.user(pool, "ann")
	g, _ := w.confirmed(client, "ann")
	for _, name := range []string{"ann", "nobody"} {
		for _, key := range []string{g.key, "eu-west-1_00000000-0000-4000-8000-000000000000", ""} {
			in := &idp.InitiateAuthInput{AuthFlow: "USER_PASSWORD_AUTH", ClientId: client.ClientId, AuthParameters: map[string]string{"USERNAME": name, "PASSWORD": "wrong", "DEVICE_KEY": key}}
			_, err := w.InitiateAuth(context.Background(), in)
			refused(t, err, "NotAuthorizedException", incorrect)
		}
	}
	for _, challenge := range []types.ChallengeNameType{"DEVICE_SRP_AUTH", "DEVICE_PASSWORD_VERIFIER"} {
		for _, session := range []*string{nil, aws.String(strings.Repeat("s", 256))} {
			_, err := g.respond(challenge, session, "ann", "SRP_A", "02", "PASSWORD_CLAIM_SIGNATURE", "AAAA", "PASSWORD_CLAIM_SECRET_BLOCK", "AAAA", "TIMESTAMP", srp.FormatTime(w.clock.Now()))
			refused(t, err, "NotAuthorizedException", "Invalid session for the user.")
		}
	}
	begun := g.begin("ann")
	_, err := g.respond("DEVICE_PASSWORD_VERIFIER", begun.Session, "ann", "PASSWORD_CLAIM_SIGNATURE", "AAAA", "PASSWORD_CLAIM_SECRET_BLOCK", "AAAA", "TIMESTAMP", srp.FormatTime(w.clock.Now()))
	refused(t, err, "NotAuthorizedException", "Invalid session for the user.")
}

func TestProofsOfDevicesThatAreRefused(t *testing.T) {
	w := newWorld(t)
	pool := w.tracking(true, false)
	client := w.client(pool, nil)
	w.user(pool, "ann")
	g, _ := w.confirmed(client, "ann")
	n := groupPrime(t)
	for _, public := range []string{"0", n.Text(16), new(big.Int).Lsh(n, 1).Text(16), "horse", strings.Repeat("f", 100_000)} {
		begun := g.begin("ann")
		_, err := g.respond("DEVICE_SRP_AUTH", begun.Session, "ann", "SRP_A", public)
		refused(t, err, "InvalidParameterException", "SRP_A is not a number of the group.")
	}
	start := func() (*srp.Client, *idp.RespondToAuthChallengeOutput) {
		client, out, err := g.offer(g.begin("ann").Session, "ann")
		if err != nil {
			t.Fatal(err)
		}
		return client, out
	}
	change := func(answers []string, name, value string) []string {
		answers = slices.Clone(answers)
		answers[slices.Index(answers, name)+1] = value
		return answers
	}
	for _, c := range []struct {
		name string
		send func() error
		code string
		text string
	}{
		{"another proof", func() error {
			a, out := start()
			_, err := g.respond("DEVICE_PASSWORD_VERIFIER", out.Session, "ann", change(g.claim(a, out), "PASSWORD_CLAIM_SIGNATURE", strings.Repeat("A", 43)+"=")...)
			return err
		}, "NotAuthorizedException", incorrect},
		{"the block of another exchange of the device", func() error {
			a, out := start()
			_, other := start()
			_, err := g.respond("DEVICE_PASSWORD_VERIFIER", other.Session, "ann", g.claim(a, out)...)
			return err
		}, "NotAuthorizedException", incorrect},
		{"the same answer again", func() error {
			a, out := start()
			answers := g.claim(a, out)
			must(g.respond("DEVICE_PASSWORD_VERIFIER", out.Session, "ann", answers...))(t)
			_, err := g.respond("DEVICE_PASSWORD_VERIFIER", out.Session, "ann", answers...)
			return err
		}, "NotAuthorizedException", "Invalid session for the user."},
		{"a second try after a wrong one", func() error {
			a, out := start()
			answers := g.claim(a, out)
			_, err := g.respond("DEVICE_PASSWORD_VERIFIER", out.Session, "ann", change(answers, "PASSWORD_CLAIM_SIGNATURE", "AAAA")...)
			refused(t, err, "NotAuthorizedException", incorrect)
			_, err = g.respond("DEVICE_PASSWORD_VERIFIER", out.Session, "ann", answers...)
			return err
		}, "NotAuthorizedException", "Invalid session for the user."},
		{"the session of the first half again", func() error {
			begun := g.begin("ann")
			_, _, err := g.offer(begun.Session, "ann")
			if err != nil {
				t.Fatal(err)
			}
			_, _, err = g.offer(begun.Session, "ann")
			return err
		}, "NotAuthorizedException", "Invalid session for the user."},
		{"too late", func() error {
			a, out := start()
			w.clock.Advance(3*time.Minute + time.Second)
			_, err := g.respond("DEVICE_PASSWORD_VERIFIER", out.Session, "ann", g.claim(a, out)...)
			return err
		}, "NotAuthorizedException", "Invalid session for the user, session is expired."},
		{"the time of another day", func() error {
			a, out := start()
			_, err := g.respond("DEVICE_PASSWORD_VERIFIER", out.Session, "ann", change(g.claim(a, out), "TIMESTAMP", "Sat Sep 5 09:03:07 UTC 2020")...)
			return err
		}, "NotAuthorizedException", incorrect},
		{"without a device key", func() error {
			a, out := start()
			_, err := g.respond("DEVICE_PASSWORD_VERIFIER", out.Session, "ann", append(g.claim(a, out), "DEVICE_KEY", "")...)
			return err
		}, "InvalidParameterException", "Missing required parameter DEVICE_KEY"},
		{"of a user who was disabled meanwhile", func() error {
			a, out := start()
			must(w.AdminDisableUser(context.Background(), &idp.AdminDisableUserInput{UserPoolId: pool.Id, Username: aws.String("ann")}))(t)
			_, err := g.respond("DEVICE_PASSWORD_VERIFIER", out.Session, "ann", g.claim(a, out)...)
			must(w.AdminEnableUser(context.Background(), &idp.AdminEnableUserInput{UserPoolId: pool.Id, Username: aws.String("ann")}))(t)
			return err
		}, "NotAuthorizedException", ""},
		{"of a device that the user stopped to remember meanwhile", func() error {
			a, out := start()
			status := func(to types.DeviceRememberedStatusType) {
				must(w.AdminUpdateDeviceStatus(context.Background(), &idp.AdminUpdateDeviceStatusInput{UserPoolId: pool.Id, Username: aws.String("ann"), DeviceKey: &g.key, DeviceRememberedStatus: to}))(t)
			}
			status("not_remembered")
			_, err := g.respond("DEVICE_PASSWORD_VERIFIER", out.Session, "ann", g.claim(a, out)...)
			status("remembered")
			return err
		}, "ResourceNotFoundException", "Device does not exist."},
	} {
		t.Run(c.name, func(t *testing.T) {
			refused(t, c.send(), c.code, c.text)
			must(g.signIn("ann"))(t) // and nothing of it stays
		})
	}
}

func TestGuessesAtADeviceCount(t *testing.T) {
	w := newWorld(t)
	pool := w.tracking(true, false)
	client := w.client(pool, nil)
	w.user(pool, "ann")
	g, _ := w.confirmed(client, "ann")
	// Exchanges that were begun before anything failed.
	type begun struct {
		client *srp.Client
		out    *idp.RespondToAuthChallengeOutput
	}
	var all []begun
	for range 8 {
		c, out, err := g.offer(g.begin("ann").Session, "ann")
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, begun{c, out})
	}
	forged := *g
	forged.password = "guess"
	for _, one := range all[:6] {
		_, err := g.respond("DEVICE_PASSWORD_VERIFIER", one.out.Session, "ann", forged.claim(one.client, one.out)...)
		refused(t, err, "NotAuthorizedException", incorrect)
	}
	_, err := g.respond("DEVICE_PASSWORD_VERIFIER", all[6].out.Session, "ann", g.claim(all[6].client, all[6].out)...)
	refused(t, err, "NotAuthorizedException", "Password attempts exceeded")
	_, err = w.signIn(client, "ann", password)
	refused(t, err, "NotAuthorizedException", "Password attempts exceeded")
	w.clock.Advance(2 * time.Second)
	must(g.respond("DEVICE_PASSWORD_VERIFIER", all[6].out.Session, "ann", g.claim(all[6].client, all[6].out)...))(t)
}

func TestOneAnswerToADevicesChallengeWins(t *testing.T) {
	onEveryEngine(t, func(t *testing.T, w *world) {
		pool := w.tracking(true, false)
		client := w.client(pool, nil)
		w.user(pool, "ann")
		g, _ := w.confirmed(client, "ann")
		a, out, err := g.offer(g.begin("ann").Session, "ann")
		if err != nil {
			t.Fatal(err)
		}
		answers := g.claim(a, out)
		errs := make([]error, 6)
		var group sync.WaitGroup
		for i := range errs {
			group.Go(func() { _, errs[i] = g.respond("DEVICE_PASSWORD_VERIFIER", out.Session, "ann", answers...) })
		}
		group.Wait()
		won := 0
		for _, err := range errs {
			if err == nil {
				won++
			} else {
				refused(t, err, "NotAuthorizedException", "Invalid session for the user.")
			}
		}
		if won != 1 {
			t.Errorf("%d answers won", won)
		}
	})
}
