package userpool_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	idp "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"
)

// knownPasswords is an operator's list, or one that cannot be read.
type knownPasswords struct {
	passwords []string
	broken    bool
}

func (k *knownPasswords) Contains(password string) (bool, error) {
	if k.broken {
		return false, errors.New("the disk is gone")
	}
	return slices.Contains(k.passwords, password), nil
}

const breached = "Breached-Horse-1"

// threatened is a world whose operator has a list.
func threatened(t *testing.T) (*world, *knownPasswords) {
	w := newWorld(t)
	list := &knownPasswords{passwords: []string{breached}}
	w.service.SetCompromised(list)
	return w, list
}

func mode(m types.AdvancedSecurityModeType) func(*idp.CreateUserPoolInput) {
	return func(in *idp.CreateUserPoolInput) {
		in.UserPoolAddOns = &types.UserPoolAddOnsType{AdvancedSecurityMode: m}
		in.AutoVerifiedAttributes = []types.VerifiedAttributeType{"email"}
	}
}

func onCompromised(action types.CompromisedCredentialsEventActionType, events ...types.EventFilterType) *idp.SetRiskConfigurationInput {
	return &idp.SetRiskConfigurationInput{CompromisedCredentialsRiskConfiguration: &types.CompromisedCredentialsRiskConfigurationType{
		Actions: &types.CompromisedCredentialsActionsType{EventAction: action}, EventFilter: events,
	}}
}

func (w *world) setRisk(pool *types.UserPoolType, c *types.UserPoolClientType, in *idp.SetRiskConfigurationInput) error {
	in.UserPoolId, in.ClientId = pool.Id, nil
	if c != nil {
		in.ClientId = c.ClientId
	}
	_, err := w.SetRiskConfiguration(w.t.Context(), in)
	return err
}

// Without a word of the pool, nobody can set a password that is on the list, by
// whichever way, and who has one already can sign in.
func TestAPasswordThatIsKnownToOthersCannotBeSet(t *testing.T) {
	w, list := threatened(t)
	pool := w.pool(mode(types.AdvancedSecurityModeTypeOff))
	c := w.client(pool, nil)
	text := "Provided password cannot be used for security reasons."
	w.proved(pool, "ann")
	token := w.tokens(c, "ann").AccessToken
	ways := map[string]func() error{
		"SignUp": func() error {
			_, err := w.SignUp(t.Context(), &idp.SignUpInput{ClientId: c.ClientId, Username: aws.String("bob"), Password: aws.String(breached)})
			return err
		},
		"AdminCreateUser": func() error {
			_, err := w.AdminCreateUser(t.Context(), &idp.AdminCreateUserInput{UserPoolId: pool.Id, Username: aws.String("bob"), TemporaryPassword: aws.String(breached)})
			return err
		},
		"AdminSetUserPassword": func() error {
			_, err := w.AdminSetUserPassword(t.Context(), &idp.AdminSetUserPasswordInput{UserPoolId: pool.Id, Username: aws.String("ann"), Password: aws.String(breached), Permanent: true})
			return err
		},
		"a temporary one": func() error {
			_, err := w.AdminSetUserPassword(t.Context(), &idp.AdminSetUserPasswordInput{UserPoolId: pool.Id, Username: aws.String("ann"), Password: aws.String(breached)})
			return err
		},
		"ChangePassword": func() error {
			_, err := w.ChangePassword(t.Context(), &idp.ChangePasswordInput{AccessToken: token, PreviousPassword: aws.String(password), ProposedPassword: aws.String(breached)})
			return err
		},
		"ConfirmForgotPassword": func() error {
			must(w.forgot(c, "ann"))(t)
			return w.recover(c, "ann", w.outbox.last(t).Code, breached)
		},
		"NEW_PASSWORD_REQUIRED": func() error {
			must(w.AdminCreateUser(t.Context(), &idp.AdminCreateUserInput{UserPoolId: pool.Id, Username: aws.String("new"), TemporaryPassword: aws.String(password), MessageAction: "SUPPRESS"}))(t)
			asked := must(w.signIn(c, "new", password))(t)
			_, err := w.answer(c, asked.Session, map[string]string{"USERNAME": "new", "NEW_PASSWORD": breached})
			// The session stays, so that the person can choose another.
			must(w.answer(c, asked.Session, map[string]string{"USERNAME": "new", "NEW_PASSWORD": "Another-Horse-8"}))(t)
			return err
		},
	}
	for name, set := range ways {
		t.Run(name, func(t *testing.T) { refused(t, set(), "InvalidPasswordException", text) })
	}
	_ = w.tokens(c, "ann") // with the old one
	// Of nobody's codes and wrong ones nothing more is told than ever.
	hiding := w.client(pool, func(in *idp.CreateUserPoolClientInput) { in.PreventUserExistenceErrors = "ENABLED" })
	must(w.forgot(hiding, "nobody"))(t)
	must(w.forgot(hiding, "ann"))(t)
	for _, name := range []string{"nobody", "ann"} {
		refused(t, w.recover(hiding, name, "12345", breached), "CodeMismatchException", "")
	}
	// A list that cannot be read is no list without the password.
	list.broken = true
	_, err := w.signUp(c, "carol")
	refused(t, err, "InternalFailure", "")
	list.broken = false

	list.passwords = append(list.passwords, password) // breached since
	must(w.signIn(c, "ann", password))(t)
}

func TestWhatARiskConfigurationSaysOfCompromisedPasswords(t *testing.T) {
	const block, nothing = types.CompromisedCredentialsEventActionTypeBlock, types.CompromisedCredentialsEventActionTypeNoAction
	for name, c := range map[string]struct {
		mode                   types.AdvancedSecurityModeType
		pool, client           *idp.SetRiskConfigurationInput
		skipped                bool
		signIn, signUp, change bool // may one
		noted                  bool // that the password of a sign-in is on the list
	}{
		"nothing, enforced":             {mode: "ENFORCED", signIn: true, noted: true},
		"nothing, audited":              {mode: "AUDIT", signIn: true, noted: true},
		"block":                         {mode: "ENFORCED", pool: onCompromised(block), noted: true},
		"block, audited":                {mode: "AUDIT", pool: onCompromised(block), signIn: true, noted: true},
		"no action":                     {mode: "ENFORCED", pool: onCompromised(nothing), signIn: true, signUp: true, change: true, noted: true},
		"no action, audited":            {mode: "AUDIT", pool: onCompromised(nothing), signIn: true, noted: true},
		"block sign-ups":                {mode: "ENFORCED", pool: onCompromised(block, "SIGN_UP"), signIn: true, change: true},
		"block sign-ins":                {mode: "ENFORCED", pool: onCompromised(block, "SIGN_IN"), signUp: true, change: true, noted: true},
		"block changes":                 {mode: "ENFORCED", pool: onCompromised(block, "PASSWORD_CHANGE"), signIn: true, signUp: true},
		"the client says otherwise":     {mode: "ENFORCED", pool: onCompromised(nothing), client: onCompromised(block), noted: true},
		"the client says it is nothing": {mode: "ENFORCED", pool: onCompromised(block), client: onCompromised(nothing), signIn: true, signUp: true, change: true, noted: true},
		"from a skipped address":        {mode: "ENFORCED", pool: onCompromised(block), skipped: true, signIn: true, signUp: true, change: true},
	} {
		t.Run(name, func(t *testing.T) {
			w, list := threatened(t)
			pool := w.pool(mode(c.mode))
			app := w.client(pool, nil)
			list.passwords = nil
			for _, user := range []string{"ann", "bob"} {
				w.user(pool, user)
				must(w.AdminSetUserPassword(t.Context(), &idp.AdminSetUserPasswordInput{UserPoolId: pool.Id, Username: &user, Password: aws.String(breached), Permanent: true}))(t)
			}
			token := must(w.signIn(app, "ann", breached))(t).AuthenticationResult.AccessToken
			list.passwords = []string{breached, "Breached-Horse-2"}
			if c.skipped {
				c.pool.RiskExceptionConfiguration = &types.RiskExceptionConfigurationType{SkippedIPRangeList: []string{"127.0.0.0/8"}}
			}
			if c.pool != nil {
				if err := w.setRisk(pool, nil, c.pool); err != nil {
					t.Fatal(err)
				}
			}
			if c.client != nil {
				if err := w.setRisk(pool, app, c.client); err != nil {
					t.Fatal(err)
				}
			}
			_, signIn := w.signIn(app, "bob", breached)
			_, signUp := w.SignUp(t.Context(), &idp.SignUpInput{ClientId: app.ClientId, Username: aws.String("new"), Password: aws.String(breached)})
			_, change := w.ChangePassword(t.Context(), &idp.ChangePasswordInput{AccessToken: token, PreviousPassword: aws.String(breached), ProposedPassword: aws.String("Breached-Horse-2")})
			for what, r := range map[string]struct {
				may  bool
				err  error
				code string
			}{"sign in": {c.signIn, signIn, "NotAuthorizedException"}, "sign up": {c.signUp, signUp, "InvalidPasswordException"}, "change it": {c.change, change, "InvalidPasswordException"}} {
				if r.may != (r.err == nil) {
					t.Errorf("one may %s: %v, want %v", what, r.err, r.may)
				} else if !r.may {
					refused(t, r.err, r.code, "Provided password cannot be used for security reasons.")
				}
			}
			e := w.events(pool, "bob")[0].EventRisk
			if *e.CompromisedCredentialsDetected != c.noted || (e.RiskDecision == "Block") != (signIn != nil) {
				t.Errorf("the event says %v, %s", *e.CompromisedCredentialsDetected, e.RiskDecision)
			}
			// Who does not know the password learns nothing of the list.
			list.passwords = append(list.passwords, "Wrong-Horse-7")
			_, err := w.signIn(app, "bob", "Wrong-Horse-7")
			refused(t, err, "NotAuthorizedException", "Incorrect username or password.")
		})
	}
}

func TestAddressesThatAreKeptOut(t *testing.T) {
	w := newWorld(t)
	pool := w.pool(mode(types.AdvancedSecurityModeTypeEnforced))
	c := w.client(pool, nil)
	other := w.client(pool, nil)
	w.user(pool, "ann", "email", "ann@example.com", "email_verified", "true")
	blocked := &idp.SetRiskConfigurationInput{RiskExceptionConfiguration: &types.RiskExceptionConfigurationType{BlockedIPRangeList: []string{"127.0.0.2/31", "2001:db8::/32"}}}
	if err := w.setRisk(pool, c, blocked); err != nil {
		t.Fatal(err)
	}
	text := "Unable to login because of security reasons"
	out, in := w.from("127.0.0.3"), w.from("127.0.0.4")
	for _, name := range []string{"ann", "nobody"} {
		_, err := out.signIn(c, name, password)
		refused(t, err, "NotAuthorizedException", text)
		_, err = out.forgot(c, name)
		refused(t, err, "NotAuthorizedException", text)
		refused(t, out.recover(c, name, "123456", password), "NotAuthorizedException", text)
		refused(t, out.confirm(c, name, "123456"), "NotAuthorizedException", text)
	}
	_, err := out.signUp(c, "bob", "email", "bob@example.com")
	refused(t, err, "NotAuthorizedException", text)
	_, err = out.answer(c, aws.String("a-session-of-some-length"), map[string]string{"USERNAME": "ann", "NEW_PASSWORD": password})
	refused(t, err, "NotAuthorizedException", text)
	must(in.signIn(c, "ann", password))(t)
	must(out.signIn(other, "ann", password))(t)

	admin := &idp.AdminInitiateAuthInput{
		UserPoolId: pool.Id, ClientId: c.ClientId, AuthFlow: "ADMIN_USER_PASSWORD_AUTH", AuthParameters: map[string]string{"USERNAME": "ann", "PASSWORD": password},
		ContextData: &types.ContextDataType{IpAddress: aws.String("2001:db8::1"), ServerName: aws.String("s"), ServerPath: aws.String("/"), HttpHeaders: []types.HttpHeader{}},
	}
	_, err = w.AdminInitiateAuth(t.Context(), admin)
	refused(t, err, "NotAuthorizedException", text)
	admin.ContextData = nil
	must(w.AdminInitiateAuth(t.Context(), admin))(t)

	// In the mode that only takes note, nobody is kept out.
	must(w.UpdateUserPool(t.Context(), &idp.UpdateUserPoolInput{UserPoolId: pool.Id, UserPoolAddOns: &types.UserPoolAddOnsType{AdvancedSecurityMode: "AUDIT"}}))(t)
	must(out.signIn(c, "ann", password))(t)
}

func TestRiskConfigurationsAreKept(t *testing.T) {
	onEveryEngine(t, func(t *testing.T, w *world) {
		w.service.SetCompromised(&knownPasswords{})
		pool := w.pool(mode(types.AdvancedSecurityModeTypeEnforced))
		c := w.client(pool, nil)
		none := &types.AccountTakeoverActionType{EventAction: "NO_ACTION"}
		in := onCompromised("BLOCK", "SIGN_IN")
		in.AccountTakeoverRiskConfiguration = &types.AccountTakeoverRiskConfigurationType{Actions: &types.AccountTakeoverActionsType{LowAction: none, HighAction: none}}
		in.RiskExceptionConfiguration = &types.RiskExceptionConfigurationType{BlockedIPRangeList: []string{"10.1.2.3/8"}, SkippedIPRangeList: []string{"::1/128"}}
		if err := w.setRisk(pool, c, in); err != nil {
			t.Fatal(err)
		}
		describe := func(id *string) *types.RiskConfigurationType {
			return must(w.DescribeRiskConfiguration(t.Context(), &idp.DescribeRiskConfigurationInput{UserPoolId: pool.Id, ClientId: id}))(t).RiskConfiguration
		}
		// What is set of a client stays when its other settings are.
		must(w.UpdateUserPoolClient(t.Context(), &idp.UpdateUserPoolClientInput{UserPoolId: pool.Id, ClientId: c.ClientId}))(t)
		got := describe(c.ClientId)
		if got.CompromisedCredentialsRiskConfiguration.Actions.EventAction != "BLOCK" || fmt.Sprint(got.CompromisedCredentialsRiskConfiguration.EventFilter) != "[SIGN_IN]" ||
			fmt.Sprint(got.RiskExceptionConfiguration.BlockedIPRangeList, got.RiskExceptionConfiguration.SkippedIPRangeList) != "[10.0.0.0/8] [::1/128]" ||
			got.AccountTakeoverRiskConfiguration.Actions.HighAction.EventAction != "NO_ACTION" || *got.ClientId != *c.ClientId || got.LastModifiedDate == nil {
			t.Errorf("it is kept as %+v", got)
		}
		if got := describe(nil); got.CompromisedCredentialsRiskConfiguration != nil || got.ClientId != nil {
			t.Errorf("the pool has the client's: %+v", got)
		}
		if got := must(w.DescribeUserPool(t.Context(), &idp.DescribeUserPoolInput{UserPoolId: pool.Id}))(t).UserPool.UserPoolAddOns; got == nil || got.AdvancedSecurityMode != "ENFORCED" {
			t.Errorf("the pool is shown with %+v", got)
		}
		if err := w.setRisk(pool, c, &idp.SetRiskConfigurationInput{}); err != nil {
			t.Fatal(err)
		}
		if got := describe(c.ClientId); got.CompromisedCredentialsRiskConfiguration != nil || got.LastModifiedDate != nil {
			t.Errorf("what was taken away is still there: %+v", got)
		}
	})
}

// What is accepted is acted upon; what nothing acts upon says so.
func TestRiskConfigurationsThatAreRefused(t *testing.T) {
	w := newWorld(t)
	pool, off := w.pool(mode(types.AdvancedSecurityModeTypeEnforced)), w.pool(nil)
	takeover := func(a types.AccountTakeoverActionType) *idp.SetRiskConfigurationInput {
		return &idp.SetRiskConfigurationInput{AccountTakeoverRiskConfiguration: &types.AccountTakeoverRiskConfigurationType{Actions: &types.AccountTakeoverActionsType{MediumAction: &a}}}
	}
	ranges := func(blocked ...string) *idp.SetRiskConfigurationInput {
		return &idp.SetRiskConfigurationInput{RiskExceptionConfiguration: &types.RiskExceptionConfigurationType{BlockedIPRangeList: blocked}}
	}
	for name, c := range map[string]struct {
		in   *idp.SetRiskConfigurationInput
		text string
	}{
		"block without a list": {onCompromised("BLOCK"), "CompromisedCredentialsRiskConfiguration with EventAction BLOCK needs a list of compromised passwords: start the server with --compromised-passwords."},
		"no such action":       {onCompromised("SCOLD"), ""},
		"no such event":        {onCompromised("NO_ACTION", "BREATHE"), ""},
		"block takeovers":      {takeover(types.AccountTakeoverActionType{EventAction: "BLOCK"}), "AccountTakeoverRiskConfiguration with the action BLOCK is not supported by Sallyport yet"},
		"ask for a factor":     {takeover(types.AccountTakeoverActionType{EventAction: "MFA_REQUIRED"}), "AccountTakeoverRiskConfiguration with the action MFA_REQUIRED is not supported by Sallyport yet"},
		"notify":               {takeover(types.AccountTakeoverActionType{EventAction: "NO_ACTION", Notify: true}), "AccountTakeoverRiskConfiguration with Notify is not supported by Sallyport yet"},
		"an action of its own": {takeover(types.AccountTakeoverActionType{EventAction: "SHOUT"}), ""},
		"no range":             {ranges("10.0.0.1"), "10.0.0.1 is not a range of IP addresses in CIDR notation."},
		"a mapped range":       {ranges("::ffff:10.0.0.0/104"), ""},
		"many ranges":          {ranges(make([]string, 201)...), "BlockedIPRangeList and SkippedIPRangeList may have 200 ranges each."},
	} {
		t.Run(name, func(t *testing.T) { refused(t, w.setRisk(pool, nil, c.in), "InvalidParameterException", c.text) })
	}
	refused(t, w.setRisk(off, nil, onCompromised("NO_ACTION")), "UserPoolAddOnNotEnabledException", "")
	_, err := w.DescribeRiskConfiguration(t.Context(), &idp.DescribeRiskConfigurationInput{UserPoolId: off.Id})
	refused(t, err, "UserPoolAddOnNotEnabledException", "")
	stranger := w.client(off, nil)
	refused(t, w.setRisk(pool, stranger, onCompromised("NO_ACTION")), "ResourceNotFoundException", "")
}
