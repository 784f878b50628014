package account

import (
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/sallyport/sallyport/internal/access"
)

func TestConditionKeysOfEveryCaller(t *testing.T) {
	const (
		number   = "000000000000"
		arnOfAnn = "arn:aws:iam::" + number + ":user/ann"
		rootARN  = "arn:aws:iam::" + number + ":root"
		roleARN  = "arn:aws:iam::" + number + ":role/r"
		guestARN = "arn:aws:sts::" + number + ":federated-user/guest"
		svc      = "apigateway.amazonaws.com"
		issued   = "2026-03-01T11:00:00.250Z"
	)
	at := time.Date(2026, 3, 1, 11, 0, 0, 250_999_999, time.UTC)
	shift := access.Temporary{Issuer: roleARN, Assumed: true, Issued: at, SourceIdentity: "ann", Tags: map[string]string{"Team": "pasta"}}
	federated := shift
	federated.Provider, federated.Claims = "cognito-identity.amazonaws.com", map[string][]string{"cognito-identity.amazonaws.com:sub": {"eu-west-1:x"}}
	user := access.Caller{Kind: access.User, Account: number, ARN: arnOfAnn, ID: "AIDAANN"}
	own := user
	own.Session = &access.Temporary{Issuer: arnOfAnn, Issued: at}
	session := func(s *access.Temporary) access.Caller {
		return access.Caller{Kind: access.Session, Account: number, ARN: "arn:aws:sts::" + number + ":assumed-role/r/shift", ID: "AROAR:shift", Session: s}
	}
	ann := &compiledEntity{entity: &entity{ID: "AIDAANN", Kind: "user", Name: "ann", Tags: []tag{{"Team", "pizza"}}}}
	cooks := &compiledEntity{entity: &entity{ID: "AROAR", Kind: "role", Name: "r", Tags: []tag{{"Team", "cooks"}}}}
	callers := map[string]struct {
		access.Caller
		entity *compiledEntity
	}{
		"root": {access.Caller{Kind: access.Root, Account: number, ARN: rootARN, ID: number}, nil},
		"user": {user, ann}, "own": {own, ann}, "role": {session(&shift), cooks}, "web": {session(&federated), cooks},
		"guest":  {access.Caller{Kind: access.Session, Account: number, ARN: guestARN, ID: number + ":guest", Session: &access.Temporary{Issuer: arnOfAnn, Federated: true, Issued: at}}, nil},
		"nobody": {}, "service": {access.Caller{Kind: access.Service, Account: number, ARN: svc}, nil},
	}
	same := func(v string) map[string]string { return map[string]string{"": v} }
	for name, want := range map[string]map[string]string{ // by caller; "" is everybody else
		"aws:CurrentTime":                    same("2026-03-01T12:00:00Z"),
		"aws:EpochTime":                      same("1772366400"),
		"aws:SourceIp":                       same("203.0.113.7"),
		"aws:SecureTransport":                same("true"),
		"aws:UserAgent":                      same("pizza/1"),
		"aws:Referer":                        same("https://pizza.example/menu"),
		"aws:RequestedRegion":                same("eu-west-1"),
		"aws:ResourceAccount":                same(number),
		"aws:ViaAWSService":                  same("false"),
		"aws:CalledVia":                      same("-"),
		"aws:MultiFactorAuthAge":             same("-"),
		"aws:PrincipalOrgID":                 same("-"),
		"aws:SourceVpc":                      same("-"),
		"aws:PrincipalArn":                   {"root": rootARN, "user": arnOfAnn, "own": arnOfAnn, "role": roleARN, "web": roleARN, "guest": guestARN, "": "-"},
		"aws:PrincipalAccount":               {"nobody": "-", "service": "-", "": number},
		"aws:PrincipalType":                  {"root": "Account", "user": "User", "own": "User", "role": "AssumedRole", "web": "AssumedRole", "guest": "FederatedUser", "nobody": "Anonymous", "": "-"},
		"aws:userid":                         {"root": number, "user": "AIDAANN", "own": "AIDAANN", "role": "AROAR:shift", "web": "AROAR:shift", "guest": number + ":guest", "nobody": "anonymous", "": "-"},
		"aws:username":                       {"user": "ann", "own": "ann", "": "-"},
		"aws:PrincipalTag/team":              {"user": "pizza", "own": "pizza", "role": "pasta", "web": "pasta", "": "-"},
		"aws:PrincipalIsAWSService":          {"service": "true", "nobody": "-", "": "false"},
		"aws:PrincipalServiceName":           {"service": svc, "": "-"},
		"aws:TokenIssueTime":                 {"own": issued, "role": issued, "web": issued, "guest": issued, "": "-"},
		"aws:MultiFactorAuthPresent":         {"own": "false", "role": "false", "web": "false", "": "-"},
		"aws:SourceIdentity":                 {"role": "ann", "web": "ann", "": "-"},
		"aws:FederatedProvider":              {"web": "cognito-identity.amazonaws.com", "": "-"},
		"cognito-identity.amazonaws.com:sub": {"web": "eu-west-1:x", "": "-"},
		"aws:ResourceTag/stage":              same("prod"), // the three of the call's own
		"aws:SourceArn":                      same("arn:aws:execute-api:eu-west-1:" + number + ":api/*"),
		"aws:SourceAccount":                  same(number),
	} {
		for who, caller := range callers {
			call := &access.Call{
				Caller: caller.Caller, Account: number, Region: "eu-west-1", Source: netip.MustParseAddr("203.0.113.7"), UserAgent: "pizza/1",
				Referer: "https://pizza.example/menu", Secure: true, Time: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC),
				Conditions: map[string][]string{"aws:resourcetag/stage": {"prod"}, "aws:sourceaccount": {number}, "aws:sourcearn": {"arn:aws:execute-api:eu-west-1:" + number + ":api/*"}},
			}
			c := &conditions{call: call, account: number, caller: caller.entity, own: map[string][]string{}}
			key := strings.ToLower(name)
			switch key {
			case "aws:resourcetag/stage", "aws:sourceaccount", "aws:sourcearn", "cognito-identity.amazonaws.com:sub", "aws:principalorgid", "aws:sourcevpc":
			default: // what a call brings along cannot take the place of what is known
				call.Conditions[key], c.own[key] = []string{"forged"}, []string{"forged"}
			}
			expected, ok := want[who]
			if !ok {
				expected = want[""]
			}
			got := "-"
			if v := c.Value(key); v.Present() {
				got = v.At(0)
			}
			if got != expected {
				t.Errorf("%s of %s: %q, want %q", name, who, got, expected)
			}
		}
	}
	shift.Claims = map[string][]string{"aws:sourcearn": {"forged"}, "aws:requesttag/team": {"forged"}, "aws:resourcetag/team": {"forged"}, "iam:passedtoservice": {"forged"}, "sts:externalid": {"forged"}}
	claiming := &conditions{call: &access.Call{Caller: session(&shift), Conditions: map[string][]string{"aws:sourcearn": {"true"}}}}
	if v := claiming.Value("aws:sourcearn"); v.Len() != 1 || v.At(0) != "true" {
		t.Error("a session's claim takes the place of what a call says")
	}
	for key := range shift.Claims {
		if key != "aws:sourcearn" && claiming.Value(key).Present() {
			t.Errorf("a session speaks for %s", key)
		}
	}
	empty := &conditions{call: &access.Call{}}
	for _, key := range []string{"aws:sourceip", "aws:useragent", "aws:referer", "aws:requestedregion", "aws:resourceaccount", "aws:resourcetag/x", "aws:requesttag/x", "aws:tagkeys"} {
		if empty.Value(key).Present() {
			t.Errorf("%s of a call that says nothing", key)
		}
	}
}
