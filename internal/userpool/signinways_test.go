package userpool_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	idp "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"

	"github.com/sallyport/sallyport/internal/userpool"
)

const (
	badSession   = "NotAuthorized: Invalid session for the user."
	isDisabled   = "NotAuthorized: User is disabled."
	isWrong      = "NotAuthorized: Incorrect username or password."
	resetFirst   = "PasswordResetRequired: Password reset required for the user"
	confirmFirst = "UserNotConfirmed: User is not confirmed."
	notOffered   = "SELECT_CHALLENGE" // the factor that was preferred is none of theirs
)

// What follows a proved first factor, by second factor; ways that are not named
// lead to the one under "".
var seconds = []struct {
	name  string
	mode  types.UserPoolMfaType
	carry func(p *person)
	leads map[string]string
}{
	{"none", "OFF", nil, map[string]string{"": "tokens"}},
	{"not enabled", "OPTIONAL", nil, map[string]string{"": "tokens"}},
	{"enabled", "OPTIONAL", (*person).enableTexts, map[string]string{"": "SMS_MFA", "code": notOffered, "passkey": notOffered}},
	{"required", "ON", nil, map[string]string{"": "MFA_SETUP", "code": notOffered, "passkey": notOffered}},
	{"a remembered device", "OPTIONAL", func(p *person) { p.rememberDevice(); p.enableTexts() }, map[string]string{"": "DEVICE_SRP_AUTH", "code": notOffered, "passkey": notOffered}},
	{"somebody else's device", "OPTIONAL", func(p *person) {
		other := p.m.person(false)
		other.rememberDevice()
		p.carried = other.carried
		p.enableTexts()
	}, map[string]string{"": "SMS_MFA", "code": notOffered, "passkey": notOffered}},
	{"a passkey that is both", "OPTIONAL", func(p *person) {
		p.enableTexts()
		must(p.m.AdminSetUserMFAPreference(context.Background(), &idp.AdminSetUserMFAPreferenceInput{
			UserPoolId: p.m.pool.Id, Username: &p.name, WebAuthnMfaSettings: &types.WebAuthnMfaSettingsType{Enabled: true},
		}))(p.m.t)
	}, map[string]string{"": "SMS_MFA", "code": notOffered, "passkey": "tokens"}},
}

func (p *person) enableTexts() {
	if err := p.m.enable(p.m.pool, p.name, sms); err != nil {
		p.m.t.Fatal(err)
	}
}

func (p *person) rememberDevice() {
	p.gadget, _ = p.m.confirmed(p.m.client, p.name)
	p.carried = p.gadget.key
}

// Where an account stands, set before a sign-in or in the middle of one: what
// comes of it, or "" if the sign-in goes on.
var standings = []struct {
	name                string
	set                 func(p *person)
	before, meanwhile   map[string]string
	neverBefore, epochs bool // only in the middle; ends sessions that are open
}{
	{"confirmed", func(*person) {}, nil, nil, false, false},
	{
		"unconfirmed", func(p *person) { p.status(userpool.Unconfirmed) },
		map[string]string{"": confirmFirst, "code": notOffered, "passkey": notOffered},
		map[string]string{"": confirmFirst, "code": badSession}, false, false,
	},
	{
		"to be reset", func(p *person) { p.status(userpool.ResetRequired) },
		map[string]string{"": resetFirst, "code": notOffered, "passkey": notOffered},
		map[string]string{"": resetFirst, "code": badSession}, false, false,
	},
	{
		"to change the password", func(p *person) {
			must(p.m.AdminSetUserPassword(context.Background(), &idp.AdminSetUserPasswordInput{UserPoolId: p.m.pool.Id, Username: &p.name, Password: aws.String(password)}))(p.m.t)
		},
		map[string]string{"": "NEW_PASSWORD_REQUIRED", "code": notOffered, "passkey": notOffered, "sign-up": badSession},
		map[string]string{"": "NEW_PASSWORD_REQUIRED", "proof": isWrong, "custom, after a proof": isWrong}, false, true,
	},
	{
		"disabled", func(p *person) {
			must(p.m.AdminDisableUser(context.Background(), &idp.AdminDisableUserInput{UserPoolId: p.m.pool.Id, Username: &p.name}))(p.m.t)
		},
		map[string]string{"": isDisabled, "sign-up": badSession}, map[string]string{"": isDisabled}, false, true,
	},
	{
		"deleted, and somebody else made", func(p *person) {
			must(p.m.AdminDeleteUser(context.Background(), &idp.AdminDeleteUserInput{UserPoolId: p.m.pool.Id, Username: &p.name}))(p.m.t)
			p.m.user(p.m.pool, p.name, "email", p.name+"@example.com", "email_verified", "true", "phone_number", theirPhone)
		},
		nil, map[string]string{"proof": "UserNotFound: User does not exist.", "custom, after a proof": "UserNotFound: User does not exist."}, true, true,
	},
	{
		"signed out everywhere", func(p *person) {
			must(p.m.AdminUserGlobalSignOut(context.Background(), &idp.AdminUserGlobalSignOutInput{UserPoolId: p.m.pool.Id, Username: &p.name}))(p.m.t)
		},
		nil, nil, true, true,
	},
}

func (p *person) status(s userpool.UserStatus) {
	if err := p.m.service.SetStatus(context.Background(), *p.m.pool.Id, p.name, s); err != nil {
		p.m.t.Fatal(err)
	}
}

// stateless are the ways that hold no session open which the account's changes end:
// those of one call, and those whose secret block is no session.
var stateless = []string{"password", "administrator", "proof", "custom, after a proof"}

func of(table map[string]string, way string) string {
	if verdict, ok := table[way]; ok {
		return verdict
	}
	return table[""]
}

// Every way in, wherever the account stands, with every second factor: tokens come
// where nothing is due any more, and nowhere else.
func TestEveryWayIn(t *testing.T) {
	mazes := map[types.UserPoolMfaType]*maze{}
	w := newWorld(t)
	for _, mode := range []types.UserPoolMfaType{"OFF", "OPTIONAL", "ON"} {
		mazes[mode] = newMaze(w, mode)
	}
	cells := 0
	for _, second := range seconds {
		for _, way := range ways {
			for _, standing := range standings {
				for _, meanwhile := range []bool{false, true} {
					if standing.neverBefore && !meanwhile || standing.name == "confirmed" && meanwhile {
						continue
					}
					cells++
					m := mazes[second.mode]
					p := m.person(way.name == "sign-up")
					if way.name == "passkey" && second.mode != "ON" { // where a factor is required there are no tokens to register with
						p.key = m.withPasskey(m.token(m.client, p.name), newAuthenticator(t, origin))
					}
					if second.carry != nil {
						second.carry(p)
					}
					want := of(second.leads, way.name)
					if meanwhile {
						if prove, _ := way.begin(p); prove == nil || slices.Contains([]string{"password", "administrator"}, way.name) {
							continue // ended early, or has no middle
						}
					}
					got := walk(p, way, standing.set, meanwhile)
					switch state := of(standing.before, way.name); {
					case meanwhile && standing.epochs && !slices.Contains(stateless, way.name):
						want = badSession
					case meanwhile:
						if verdict := of(standing.meanwhile, way.name); verdict != "" {
							want = verdict
						}
					case state != "" && (want != notOffered || state == isDisabled):
						want = state
					}
					if got.String() != want {
						t.Errorf("%s, second factor %s, account %s (meanwhile: %v): %s, want %s", way.name, second.name, standing.name, meanwhile, got, want)
					}
					if got.challenge == "NEW_PASSWORD_REQUIRED" { // what was due is still due
						if after := p.respond(got.challenge, got.session, "NEW_PASSWORD", "Better-Horse-8"); after.String() != of(second.leads, "password") {
							t.Errorf("%s, second factor %s, after a new password: %s, want %s", way.name, second.name, after, of(second.leads, "password"))
						}
					}
				}
			}
		}
	}
	if cells < 700 {
		t.Errorf("%d cells were walked", cells)
	}
}

// walk goes a way up to the end of the first factor. The account is changed before
// it, or in its middle.
func walk(p *person, w way, change func(*person), meanwhile bool) passage {
	if !meanwhile {
		change(p)
	}
	prove, early := w.begin(p)
	if prove == nil {
		return early
	}
	if meanwhile {
		change(p)
	}
	return prove()
}

// Who comes from elsewhere meets the same second factor as who was here.
func TestWhoIsMigratedMeetsTheSecondFactor(t *testing.T) {
	for mode, want := range map[types.UserPoolMfaType]string{"OFF": "tokens", "OPTIONAL": "tokens", "ON": "MFA_SETUP"} {
		m := newMaze(newWorld(t), mode)
		for name, want := range map[string]string{"moved": want, "reset": resetFirst, "stranger": "UserNotFound: User does not exist."} {
			p := &person{m: m, name: name}
			for _, w := range ways[:1] {
				if got := walk(p, w, func(*person) {}, false); got.String() != want {
					t.Errorf("%s, %s, second factor %s: %s, want %s", w.name, name, mode, got, want)
				}
			}
			m.clock.Advance(time.Minute)
		}
	}
}

// A second factor that comes to be due in the middle of a sign-in is due in it.
func TestASecondFactorThatIsDueMeanwhile(t *testing.T) {
	for name, c := range map[string]struct {
		mode   types.UserPoolMfaType
		change func(p *person)
		want   map[string]string
	}{
		"the pool wants one": {"OFF", func(p *person) { p.m.mfa(p.m.pool, "ON", token) }, map[string]string{"": "MFA_SETUP", "code": badSession}},
		"they enable one":    {"OPTIONAL", (*person).enableTexts, map[string]string{"": "SMS_MFA", "code": badSession}},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			for _, way := range ways {
				m := newMaze(w, c.mode)
				p := m.person(way.name == "sign-up")
				if way.name == "passkey" {
					p.key = m.withPasskey(m.token(m.client, p.name), newAuthenticator(t, origin))
				}
				if got := walk(p, way, c.change, true); got.String() != of(c.want, way.name) {
					t.Errorf("%s: %s, want %s", way.name, got, of(c.want, way.name))
				}
			}
		})
	}
}
