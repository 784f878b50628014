package policy_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"testing"

	"github.com/sallyport/sallyport/internal/policy"
)

// chooser turns fuzzed bytes into choices.
type chooser struct{ data []byte }

func (c *chooser) below(n int) int {
	if len(c.data) == 0 {
		return 0
	}
	b := int(c.data[0])
	c.data = c.data[1:]
	return b % n
}

func pick[T any](c *chooser, from ...T) T { return from[c.below(len(from))] }

func some[T any](c *chooser, most int, one func() T) []T {
	list := []T{one()}
	for len(list) < most && c.below(3) == 0 {
		list = append(list, one())
	}
	return list
}

func (c *chooser) action() string {
	return pick(c, "s3:GetObject", "s3:Get*", "*", "S3:getobject", "s3:?etObject", "sts:AssumeRole", "execute-api:*", "*:*", "s3:*Obj*t")
}

func (c *chooser) resource() string {
	return pick(c, "*", "arn:aws:s3:::b/*", "arn:aws:s3:::b/${aws:username}/*", "arn:aws:s3:::b/${aws:username, 'guest'}/?", "arn:aws:s3", "arn:*:s3:*:*:*",
		"arn:aws:s3:::b/${*}", "arn:aws:sqs:*:111111111111:q", "arn:aws:sqs:${aws:username}:111111111111:q", "arn:aws:s3:::b/ann/x", "arn:aws:sqs:*:*:*:x", "arn:aws:s3:::b/${aws:TagKeys}/x")
}

func (c *chooser) condition() map[string]map[string][]string {
	m := map[string]map[string][]string{}
	for range 1 + c.below(2) {
		set := pick(c, "", "", "ForAnyValue:", "ForAllValues:")
		exists := pick(c, "", "", "IfExists")
		var op, key string
		var values []string
		value := func(from ...string) { values = some(c, 3, func() string { return pick(c, from...) }) }
		switch c.below(8) {
		case 0:
			op = pick(c, "StringEquals", "StringNotEquals", "StringLike", "StringNotLike", "StringEqualsIgnoreCase", "StringNotEqualsIgnoreCase")
			value("ann", "ANN", "a*", "?nn", "${aws:username}", "x${aws:userid, 'y'}", "${*}", "", "*", "$", "ä?", "${aws:TagKeys}")
		case 1:
			op = pick(c, "NumericEquals", "NumericNotEquals", "NumericLessThan", "NumericLessThanEquals", "NumericGreaterThan", "NumericGreaterThanEquals")
			value("1", "01.0", "-1", "1.5", "99999999999999999999", "x", "")
		case 2:
			op = pick(c, "DateEquals", "DateNotEquals", "DateLessThan", "DateLessThanEquals", "DateGreaterThan", "DateGreaterThanEquals")
			value("2020-01-01T00:00:00Z", "1577836800", "2020-01-01", "2020-01-01T01:00:00.5+01:00", "0")
		case 3:
			op = "Bool"
			value("true", "FALSE", "${aws:securetransport}", "1")
		case 4:
			op = pick(c, "IpAddress", "NotIpAddress")
			value("10.0.0.0/8", "10.1.2.3", "2001:db8::/32", "::1", "nonsense", "0.0.0.0/0")
		case 5:
			op = pick(c, "ArnLike", "ArnEquals", "ArnNotLike", "ArnNotEquals")
			value("arn:aws:iam::*:role/*", "arn:aws:sns:*:1:t", "arn:*", "arn:aws:iam::${aws:username}:role/x", "arn:aws:iam::1:role/${aws:username}")
		case 6:
			op = "BinaryEquals"
			value("YWI=", "AA==")
		default:
			op, set, exists = "Null", "", ""
			value("true", "false")
		}
		key = pick(c, "aws:username", "AWS:UserName", "aws:TagKeys", "aws:SourceIp", "aws:SecureTransport", "aws:CurrentTime", "aws:SourceArn", "s3:max-keys", "aws:absent")
		m[set+op+exists] = map[string][]string{key: values}
	}
	return m
}

func (c *chooser) context() map[string][]string {
	m := map[string][]string{}
	maybe := func(key string, from ...string) {
		if c.below(4) > 0 {
			m[key] = []string{pick(c, from...)}
		}
	}
	maybe("aws:username", "ann", "*", "", "Ann", "a/b", "äx", "1")
	maybe("aws:userid", "u", "")
	maybe("aws:sourceip", "10.1.2.3", "192.0.2.1", "2001:db8::5", "::ffff:10.1.2.3", "junk")
	maybe("aws:securetransport", "true", "false", "True", "x")
	maybe("aws:currenttime", "2020-01-01T00:00:00Z", "2020-01-01T00:00:00.5Z", "1577836800", "then")
	maybe("aws:sourcearn", "arn:aws:iam::1:role/x", "arn:aws:sns:eu:1:t", "arn:aws:iam::ann:role/x", "arn:aws:iam::1:role/ann", "arn", "arn:aws:iam::1:role/a:b")
	maybe("s3:max-keys", "1", "-1.0", "1.50", "100000000000000000000", "YWI=", "AA==", "one")
	if c.below(2) == 0 {
		m["aws:tagkeys"] = some(c, 3, func() string { return pick(c, "ann", "b", "A1") })
	}
	return m
}

func (c *chooser) policy(onResource bool) refPolicy {
	p := refPolicy{Version: pick(c, "2012-10-17", "2012-10-17", "2008-10-17")}
	p.Statement = some(c, 3, func() refStatement {
		s := refStatement{Effect: pick(c, "Allow", "Allow", "Allow", "Deny")}
		list := some(c, 2, c.action)
		if c.below(6) == 0 {
			s.NotAction = list
		} else {
			s.Action = list
		}
		list = some(c, 2, c.resource)
		if c.below(6) == 0 {
			s.NotResource = list
		} else {
			s.Resource = list
		}
		if c.below(3) == 0 {
			s.Condition = c.condition()
		}
		if onResource {
			var who any = "*"
			if c.below(4) > 0 {
				m := map[string]any{"AWS": some(c, 3, func() string {
					return pick(c, "*", "111111111111", "arn:aws:iam::111111111111:root", "arn:aws:iam::111111111111:user/ann", "arn:aws:iam::111111111111:role/path/r",
						"arn:aws:sts::111111111111:assumed-role/r/s", "arn:aws:sts::111111111111:federated-user/f", "arn:aws:iam::222222222222:root", "arn:aws:iam::111111111111:role/r")
				})}
				if c.below(3) == 0 {
					m["Service"] = "lambda.amazonaws.com"
				}
				who = m
			}
			if c.below(5) == 0 {
				s.NotPrincipal = who
			} else {
				s.Principal = who
			}
		}
		return s
	})
	return p
}

func (c *chooser) question() *refCase {
	q := &refCase{
		Principal: pick(c, "arn:aws:iam::111111111111:user/ann", "arn:aws:sts::111111111111:assumed-role/r/s", "arn:aws:iam::111111111111:role/r", "arn:aws:iam::111111111111:root",
			"*", "lambda.amazonaws.com", "arn:aws:sts::111111111111:federated-user/f"),
		Action:   pick(c, "s3:GetObject", "s3:PutObject", "sts:AssumeRole", "S3:GETOBJECT"),
		Resource: pick(c, "arn:aws:s3:::b/ann/x", "arn:aws:s3:::b/guest/x", "arn:aws:s3:::b/*", "*", "arn:aws:sqs:eu:111111111111:q", "arn:aws:sqs:eu:222222222222:q", "arn:aws:sqs:eu:111111111111:q:x"),
		Owner:    pick(c, "", "111111111111", "222222222222"),
		Context:  c.context(),
		Identity: some(c, 3, func() refPolicy { return c.policy(false) }),
	}
	if c.below(3) == 0 {
		q.Boundary = []refPolicy{c.policy(false)}
	}
	if c.below(3) == 0 {
		q.Session = some(c, 2, func() refPolicy { return c.policy(false) })
	}
	for range c.below(3) {
		q.Service = append(q.Service, some(c, 2, func() refPolicy { return c.policy(false) }))
	}
	if c.below(2) == 0 {
		p := c.policy(true)
		q.OnIt = &p
		q.MustAllow = c.below(3) == 0
	}
	return q
}

// compiled is the question as the engine takes it.
func (c *refCase) compiled(t *testing.T) (*policy.Request, *policy.Set) {
	t.Helper()
	attach := func(kind policy.Kind, list []refPolicy) []policy.Attached {
		var out []policy.Attached
		for _, p := range list {
			parsed, err := policy.Parse(kind, p.text())
			if err != nil {
				t.Fatalf("%v\n%s", err, p.text())
			}
			out = append(out, policy.Attached{Name: "p", Policy: parsed})
		}
		return out
	}
	who, err := policy.ParsePrincipal(c.Principal)
	if err != nil {
		t.Fatal(err)
	}
	context, err := policy.NewContext(c.Context)
	if err != nil {
		t.Fatal(err)
	}
	r := &policy.Request{Principal: who, Action: c.Action, Resource: c.Resource, ResourceAccount: c.Owner, Context: context}
	s := &policy.Set{Identity: attach(policy.Identity, c.Identity), Boundary: attach(policy.Identity, c.Boundary), Session: attach(policy.Session, c.Session), ResourceMustAllow: c.MustAllow}
	for _, level := range c.Service {
		s.ServiceControl = append(s.ServiceControl, attach(policy.ServiceControl, level))
	}
	if c.OnIt != nil {
		s.Resource = attach(policy.Resource, []refPolicy{*c.OnIt})[0]
	}
	return r, s
}

// FuzzAgainstTheReference holds the engine against the naive one, and what it
// decides against what it explains.
func FuzzAgainstTheReference(f *testing.F) {
	for i := range 200 {
		seed := make([]byte, 160)
		x := uint32(i*2654435761 + 1)
		for j := range seed {
			x ^= x << 13
			x ^= x >> 17
			x ^= x << 5
			seed[j] = byte(x >> 8)
		}
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		q := (&chooser{data}).question()
		r, s := q.compiled(t)
		hot := policy.Evaluate(r, s)
		explained, trace := policy.Explain(r, s)
		if hot != explained {
			t.Errorf("decided %+v, explained %+v", hot, explained)
		}
		if want := q.decide(); hot.Outcome.String() != want {
			text, _ := json.MarshalIndent(q, "", " ")
			t.Errorf("the engine says %s, the reference %s\n%s\n%s", hot.Outcome, want, trace.Reason(r), text)
		}
		if deciding := trace.Deciding(); hot.By.Effect != 0 && len(deciding) == 0 || hot.Outcome == policy.ImplicitDeny && len(deciding) > 0 {
			t.Errorf("%+v has the deciding statements %v", hot, deciding)
		}
	})
}

// FuzzDocument reads arbitrary bytes as a policy of each kind: it must not
// panic, what it accepts must survive printing, and lint must be ready for it.
func FuzzDocument(f *testing.F) {
	for _, seed := range []string{
		`{"Version":"2012-10-17","Statement":[{"Sid":"a","Effect":"Allow","Action":"s3:*","Resource":"*","Condition":{"StringLike":{"aws:username":["a*","${aws:userid, 'x'}"]}}}]}`,
		`{"Statement":{"Effect":"Deny","NotPrincipal":{"AWS":["111111111111"]},"NotAction":["s3:Get*"],"NotResource":"arn:aws:s3:::b/${*}"}}`,
		`{"Version":"2012-10-17","Id":"","Statement":[{"Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"},"Action":"sts:AssumeRole"}]}`,
		`{"Statement":[{"Effect":"Allow","Principal":"*","Action":"execute-api:Invoke","Resource":"execute-api:/prod/GET/*","Condition":{"Null":{"aws:x":true},"DateLessThan":{"aws:CurrentTime":5}}}]}`,
		`{"Version":"2012-10-17","Statement":[],"Statement":[]}`, `[[[[[[`, "\xff", `{"Version":"2012-10-17"} x`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		for kind := policy.Identity; kind <= policy.Trust; kind++ {
			policy.Lint(kind, data)
			p, err := policy.Parse(kind, data)
			if err != nil {
				if malformed := (*policy.MalformedError)(nil); !errors.As(err, &malformed) || malformed.Message == "" {
					t.Fatalf("an error without a message: %#v", err)
				}
				continue
			}
			printed := p.String()
			again, err := policy.Parse(kind, []byte(printed))
			if err != nil {
				t.Fatalf("what was printed cannot be read: %v\n%s", err, printed)
			}
			if again.String() != printed || again.Len() != p.Len() {
				t.Fatalf("printed\n%s\nand then\n%s", printed, again)
			}
			if !json.Valid([]byte(printed)) {
				t.Fatalf("not JSON: %s", printed)
			}
			agree(t, p, again, data)
		}
	})
}

// agree asks both policies, hot and explained, a few requests.
func agree(t *testing.T, a, b *policy.Policy, data []byte) {
	context, err := policy.NewContext(map[string][]string{"aws:username": {string(bytes.ToValidUTF8(data[:min(len(data), 8)], nil))}, "aws:tagkeys": {"a", "b"}})
	if err != nil {
		t.Fatal(err)
	}
	for _, who := range []string{"*", "arn:aws:iam::111111111111:user/ann", "lambda.amazonaws.com", "arn:aws:sts::111111111111:assumed-role/r/s"} {
		principal, err := policy.ParsePrincipal(who)
		if err != nil {
			t.Fatal(err)
		}
		r := &policy.Request{Principal: principal, Action: "s3:GetObject", Resource: "arn:aws:s3:::b/k", Context: context}
		var decisions []policy.Decision
		for _, p := range []*policy.Policy{a, b} {
			set := &policy.Set{Identity: []policy.Attached{{Name: "p", Policy: p}}}
			if p.Kind() == policy.Resource || p.Kind() == policy.Trust {
				set = &policy.Set{Resource: policy.Attached{Name: "p", Policy: p}}
			}
			explained, _ := policy.Explain(r, set)
			decisions = append(decisions, policy.Evaluate(r, set), explained)
		}
		for _, d := range decisions {
			if d != decisions[0] {
				t.Fatalf("%s: %+v", who, decisions)
			}
		}
	}
}
