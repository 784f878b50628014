package userpool_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	idp "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"

	"github.com/sallyport/sallyport/internal/srp"
)

func TestNobodyIsOfferedWhatSomebodyIs(t *testing.T) {
	w := newWorld(t)
	pool := w.pool(func(in *idp.CreateUserPoolInput) {
		in.AliasAttributes = []types.AliasAttributeType{"email", "phone_number"}
		in.UsernameConfiguration = &types.UsernameConfigurationType{CaseSensitive: aws.Bool(false)}
	})
	client := w.srpClient(pool, hiding)
	w.user(pool, "annabel", "email", "ann@example.com", "email_verified", "true", "phone_number", "+15550001111", "phone_number_verified", "true")
	for _, c := range []struct{ kind, known, unknown string }{
		{"name", "annabel", "annibal"},
		{"name in capitals", "ANNABEL", "ANNIBAL"},
		{"e-mail", "ann@example.com", "bob@example.com"},
		{"phone", "+15550001111", "+15550002222"},
	} {
		t.Run(c.kind, func(t *testing.T) {
			somebody, nobody := must(w.startSRP(client, c.known))(t), must(w.startSRP(client, c.unknown))(t)
			if somebody.ChallengeName != nobody.ChallengeName || len(*somebody.Session) != len(*nobody.Session) {
				t.Errorf("%+v and %+v", somebody.InitiateAuthOutput, nobody.InitiateAuthOutput)
			}
			for name, value := range somebody.ChallengeParameters {
				if other := nobody.ChallengeParameters[name]; len(other) != len(value) || other == value {
					t.Errorf("%s: %q and %q", name, value, other)
				}
			}
			for _, name := range []string{"USERNAME", "USER_ID_FOR_SRP"} {
				for p, used := range map[*proof]string{somebody: c.known, nobody: c.unknown} {
					asSent := p.ChallengeParameters[name] == strings.ToLower(used)
					if asSent != strings.HasPrefix(c.kind, "name") {
						t.Errorf("%s is answered %s %s", used, name, p.ChallengeParameters[name])
					}
				}
			}
			for _, used := range []string{c.known, c.unknown} {
				one, two := must(w.startSRP(client, used))(t).ChallengeParameters, must(w.startSRP(client, used))(t).ChallengeParameters
				for _, stable := range []string{"SALT", "USERNAME", "USER_ID_FOR_SRP"} {
					if one[stable] != two[stable] {
						t.Errorf("%s of %s changes", stable, used)
					}
				}
				for _, fresh := range []string{"SRP_B", "SECRET_BLOCK"} {
					if one[fresh] == two[fresh] {
						t.Errorf("%s of %s does not change", fresh, used)
					}
				}
			}
			for _, p := range []*proof{somebody, nobody} {
				_, err := p.send(p.answers("Wrong-Horse-7"))
				refused(t, err, "NotAuthorizedException", incorrect)
				_, err = p.send(p.answers("Wrong-Horse-7"))
				refused(t, err, "NotAuthorizedException", "Invalid session for the user.")
			}
		})
	}
}

// The name that stands for an alias is a sub, which is a name itself: asked for
// under that one, nobody is who they were under the alias, as somebody is.
func TestNobodyStaysNobodyUnderTheNameThatIsTold(t *testing.T) {
	w := newWorld(t)
	for name, change := range map[string]func(*idp.CreateUserPoolInput){
		"alias": func(in *idp.CreateUserPoolInput) { in.AliasAttributes = []types.AliasAttributeType{"email"} },
		"preferred": func(in *idp.CreateUserPoolInput) {
			in.AliasAttributes = []types.AliasAttributeType{"email", "preferred_username"}
		},
		"user name": func(in *idp.CreateUserPoolInput) { in.UsernameAttributes = []types.UsernameAttributeType{"email"} },
	} {
		pool := w.pool(change)
		client := w.srpClient(pool, hiding)
		byPassword := w.client(pool, hiding)
		user := "annabel"
		if name == "user name" {
			user = "ann@example.com"
		}
		w.user(pool, user, "email", "ann@example.com", "email_verified", "true")
		salts := map[string]bool{}
		for _, address := range []string{"ann@example.com", "bob@example.com"} {
			byAlias := must(w.startSRP(client, address))(t).ChallengeParameters
			told := byAlias["USERNAME"]
			bySub := must(w.startSRP(client, told))(t).ChallengeParameters
			for _, stable := range []string{"SALT", "USERNAME", "USER_ID_FOR_SRP"} {
				if byAlias[stable] != bySub[stable] {
					t.Errorf("%s, %s: the %s under the name that was told is another", name, address, stable)
				}
			}
			salts[byAlias["SALT"]] = true
			for range 6 {
				_, err := w.signInBySRP(client, address, "Wrong-Horse-7")
				refused(t, err, "NotAuthorizedException", incorrect)
			}
			_, err := w.startSRP(client, told)
			refused(t, err, "NotAuthorizedException", "Password attempts exceeded")
			_, err = w.signIn(byPassword, told, "Wrong-Horse-7")
			refused(t, err, "NotAuthorizedException", "Password attempts exceeded")
			w.clock.Advance(20 * time.Minute)
		}
		if name != "user name" {
			salts[must(w.startSRP(client, "annabel"))(t).ChallengeParameters["SALT"]] = true
		}
		if name == "alias" && len(salts) != 3 {
			t.Error("two names of a user have one salt")
		}
	}
}

func TestVerifiersComeAndGoWithThePassword(t *testing.T) {
	ctx := context.Background()
	w := newWorld(t)
	pool := w.pool(nil)
	w.user(pool, "early") // before the pool has any client
	byPassword := w.client(pool, nil)
	w.user(pool, "ann") // while no client uses SRP
	sealed := func(name string) []byte {
		users, _, err := w.service.Documents(ctx, *pool.Id)
		for _, u := range users {
			if u.Username == name && err == nil {
				return u.SRP
			}
		}
		t.Fatal(err)
		return nil
	}
	if sealed("early") == nil || sealed("ann") != nil {
		t.Error("verifiers are made where no client uses SRP, or not made where one may")
	}
	w.tokens(byPassword, "ann")
	if sealed("ann") != nil {
		t.Error("a sign-in made a verifier that no client uses")
	}
	client := w.srpClient(pool, nil)
	if _, err := w.signInBySRP(client, "early", password); err != nil {
		t.Error(err)
	}
	_, err := w.signInBySRP(client, "ann", password)
	refused(t, err, "NotAuthorizedException", incorrect)
	if !strings.Contains(w.records.text.String(), "has no verifier") {
		t.Error("the record does not say why")
	}
	if _, err := w.signIn(byPassword, "ann", "Wrong-Horse-7"); err == nil || sealed("ann") != nil {
		t.Error("a wrong password made a verifier")
	}
	w.tokens(byPassword, "ann")
	if _, err := w.signInBySRP(client, "ann", password); err != nil {
		t.Errorf("after a sign-in by password: %v", err)
	}
	made := sealed("ann")
	w.tokens(byPassword, "ann")
	if !bytes.Equal(sealed("ann"), made) {
		t.Error("a second sign-in made verifiers again")
	}

	// What a new password leaves behind of the old one, if anything did, opens no door.
	must(w.AdminSetUserPassword(ctx, &idp.AdminSetUserPasswordInput{UserPoolId: pool.Id, Username: aws.String("ann"), Password: aws.String("Second-Horse-2"), Permanent: true}))(t)
	if err := w.service.SetSRP(ctx, *pool.Id, "ann", made); err != nil {
		t.Fatal(err)
	}
	for _, p := range []string{password, "Second-Horse-2"} {
		_, err := w.signInBySRP(client, "ann", p)
		refused(t, err, "NotAuthorizedException", incorrect)
	}
	if err := w.service.SetSRP(ctx, *pool.Id, "early", made); err != nil { // another's
		t.Fatal(err)
	}
	_, err = w.signInBySRP(client, "early", password)
	refused(t, err, "NotAuthorizedException", incorrect)
}

func TestNothingOfAProofLiesInTheClear(t *testing.T) {
	ctx := context.Background()
	w := newWorld(t)
	pool := w.pool(nil)
	client := w.srpClient(pool, nil)
	w.user(pool, "ann")
	p := must(w.startSRP(client, "ann"))(t)
	salt := must(hex.DecodeString(p.ChallengeParameters["SALT"]))(t)
	must(p.send(p.answers(password)))(t)
	_, poolName, _ := strings.Cut(*pool.Id, "_")
	verifier := srp.Verifier(srp.Identity{Pool: poolName, User: "ann"}, password, salt)
	users, challenges, err := w.service.Documents(ctx, *pool.Id)
	if err != nil || len(users) != 1 || len(challenges) != 1 {
		t.Fatalf("%d users, %d challenges, %v", len(users), len(challenges), err)
	}
	rows := string(must(json.Marshal([]any{users, challenges}))(t)) + string(users[0].SRP)
	block := must(base64.StdEncoding.DecodeString(p.ChallengeParameters["SECRET_BLOCK"]))(t)
	for name, secret := range map[string][]byte{"verifier": verifier, "salt": salt, "block": block, "password": []byte(password)} {
		for _, text := range []string{string(secret), hex.EncodeToString(secret), base64.StdEncoding.EncodeToString(secret)} {
			if strings.Contains(rows, text) || strings.Contains(w.records.text.String(), text) {
				t.Errorf("the %s lies in the database or in a record", name)
			}
		}
	}
	for _, secret := range [][]byte{verifier, []byte("ann")} {
		if bytes.Contains(block, secret) {
			t.Errorf("the block shows %q", secret)
		}
	}
}
