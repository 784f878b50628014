package policy_test

import (
	"fmt"
	"testing"

	"github.com/sallyport/sallyport/internal/policy"
)

// meets asks whether a statement with this Condition applies to a request whose
// key "x:key" has these values; other keys come from more.
func meets(t *testing.T, condition string, values []string, more map[string][]string) bool {
	t.Helper()
	p, err := policy.Parse(policy.Identity, fmt.Appendf(nil,
		`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*","Condition":%s}}`, condition))
	if err != nil {
		t.Fatal(err)
	}
	keys := map[string][]string{"X:Key": values}
	for k, v := range more {
		keys[k] = v
	}
	c, err := policy.NewContext(keys)
	if err != nil {
		t.Fatal(err)
	}
	r := request("s3:GetObject", "*")
	r.Context = c
	return policy.Evaluate(r, &policy.Set{Identity: attach(p)}).Allowed()
}

// attach puts policies in a layer under the names p0, p1, …
func attach(policies ...*policy.Policy) []policy.Attached {
	var list []policy.Attached
	for i, p := range policies {
		list = append(list, policy.Attached{Name: fmt.Sprint("p", i), Policy: p})
	}
	return list
}

const account, other = "111122223333", "999988887777"

// request is one by the user ann of account.
func request(action, resource string) *policy.Request {
	return &policy.Request{
		Principal: policy.Principal{Caller: policy.User, Account: account, ARN: "arn:aws:iam::" + account + ":user/ann", ID: "AIDAANNANNANNANNANNA"},
		Action:    action, Resource: resource,
	}
}

func TestOperators(t *testing.T) {
	has := func(v ...string) []string { return v }
	for _, c := range []struct {
		name, condition string
		values          []string
		want            bool
	}{
		{"StringEquals is exact", `{"StringEquals":{"x:key":"Ann"}}`, has("Ann"), true},
		{"StringEquals knows cases apart", `{"StringEquals":{"x:key":"Ann"}}`, has("ann"), false},
		{"StringEquals takes an asterisk literally", `{"StringEquals":{"x:key":"a*"}}`, has("ann"), false},
		{"StringEquals has one of several", `{"StringEquals":{"x:key":["bob","ann"]}}`, has("ann"), true},
		{"StringEquals fails without the key", `{"StringEquals":{"x:key":"ann"}}`, nil, false},
		{"StringEquals fails for an empty text where something is wanted", `{"StringEquals":{"x:key":"ann"}}`, has(""), false},
		{"StringEquals of the empty text", `{"StringEquals":{"x:key":""}}`, has(""), true},
		{"StringEquals with no values holds for nobody", `{"StringEquals":{"x:key":[]}}`, has("ann"), false},
		{"StringNotEquals", `{"StringNotEquals":{"x:key":"bob"}}`, has("ann"), true},
		{"StringNotEquals means none of several", `{"StringNotEquals":{"x:key":["bob","ann"]}}`, has("ann"), false},
		{"StringNotEquals holds without the key", `{"StringNotEquals":{"x:key":"bob"}}`, nil, true},
		{"StringEqualsIgnoreCase", `{"StringEqualsIgnoreCase":{"x:key":"ÄNN"}}`, has("änn"), true},
		{"StringEqualsIgnoreCase wants all of it", `{"StringEqualsIgnoreCase":{"x:key":"ann"}}`, has("ANNA"), false},
		{"StringNotEqualsIgnoreCase", `{"StringNotEqualsIgnoreCase":{"x:key":"ANN"}}`, has("ann"), false},
		{"StringLike with an asterisk", `{"StringLike":{"x:key":"a*n"}}`, has("a/b:n"), true},
		{"StringLike with a question mark is one character", `{"StringLike":{"x:key":"a?n"}}`, has("aän"), true},
		{"StringLike with a question mark is not none", `{"StringLike":{"x:key":"an?"}}`, has("an"), false},
		{"StringLike goes back over its stars", `{"StringLike":{"x:key":"*ab*ab"}}`, has("abxabab"), true},
		{"StringLike knows cases apart", `{"StringLike":{"x:key":"A*"}}`, has("ann"), false},
		{"StringNotLike", `{"StringNotLike":{"x:key":["b*","a*"]}}`, has("ann"), false},
		{"StringNotLike holds without the key", `{"StringNotLike":{"x:key":"*"}}`, nil, true},

		{"NumericEquals looks at the number", `{"NumericEquals":{"x:key":"10"}}`, has("+010.00"), true},
		{"NumericEquals of a JSON number", `{"NumericEquals":{"x:key":10}}`, has("10"), true},
		{"NumericEquals rounds nothing", `{"NumericEquals":{"x:key":"9007199254740992"}}`, has("9007199254740993"), false},
		{"NumericEquals of what is no number", `{"NumericEquals":{"x:key":"10"}}`, has("ten"), false},
		{"NumericNotEquals of what is no number", `{"NumericNotEquals":{"x:key":"10"}}`, has("ten"), true},
		{"NumericEquals takes no hexadecimals", `{"NumericEquals":{"x:key":"16"}}`, has("0x10"), false},
		{"NumericLessThan", `{"NumericLessThan":{"x:key":"10"}}`, has("9.99"), true},
		{"NumericLessThan below nought", `{"NumericLessThan":{"x:key":"-1.5"}}`, has("-1.51"), true},
		{"NumericLessThan is not equal", `{"NumericLessThan":{"x:key":"10"}}`, has("10"), false},
		{"NumericLessThanEquals", `{"NumericLessThanEquals":{"x:key":"10"}}`, has("10.0"), true},
		{"NumericGreaterThan", `{"NumericGreaterThan":{"x:key":"10"}}`, has("100"), true},
		{"NumericGreaterThanEquals", `{"NumericGreaterThanEquals":{"x:key":"-0"}}`, has("0"), true},
		{"NumericGreaterThan any of several", `{"NumericGreaterThan":{"x:key":["100","5"]}}`, has("10"), true},
		{"NumericLessThan fails without the key", `{"NumericLessThan":{"x:key":"10"}}`, nil, false},
		{"NumericNotEquals holds without the key", `{"NumericNotEquals":{"x:key":"10"}}`, nil, true},

		{"DateEquals across spellings", `{"DateEquals":{"x:key":"2030-01-31T12:00:00Z"}}`, has("2030-01-31T13:30:00+01:30"), true},
		{"DateEquals of seconds and ISO", `{"DateEquals":{"x:key":"1577836800"}}`, has("2020-01-01T00:00:00Z"), true},
		{"DateEquals of a day is its beginning", `{"DateEquals":{"x:key":"2020-01-01"}}`, has("1577836800"), true},
		{"DateLessThan a fraction", `{"DateLessThan":{"x:key":"2020-01-01T00:00:00.5Z"}}`, has("2020-01-01T00:00:00.4999Z"), true},
		{"DateLessThan is not equal", `{"DateLessThan":{"x:key":"2020-01-01T00:00:00Z"}}`, has("2020-01-01T00:00:00Z"), false},
		{"DateLessThanEquals", `{"DateLessThanEquals":{"x:key":"2020-01-01T00:00:00Z"}}`, has("2020-01-01T00:00:00Z"), true},
		{"DateGreaterThan", `{"DateGreaterThan":{"x:key":"2020-01-01T00:00:00Z"}}`, has("2020-01-01T00:00:01Z"), true},
		{"DateGreaterThanEquals", `{"DateGreaterThanEquals":{"x:key":"2020-01-01T00:00:01Z"}}`, has("2020-01-01T00:00:00Z"), false},
		{"DateNotEquals of what is no date", `{"DateNotEquals":{"x:key":"2020-01-01"}}`, has("yesterday"), true},
		{"DateGreaterThan of a day there is not", `{"DateGreaterThan":{"x:key":"2020-01-01"}}`, has("2030-02-30"), false},

		{"Bool", `{"Bool":{"x:key":"true"}}`, has("TRUE"), true},
		{"Bool of a JSON boolean", `{"Bool":{"x:key":false}}`, has("false"), true},
		{"Bool of what is none", `{"Bool":{"x:key":"yes"}}`, has("yes"), false},
		{"Bool false fails without the key", `{"Bool":{"x:key":"false"}}`, nil, false},

		{"BinaryEquals", `{"BinaryEquals":{"x:key":"QmluYXJ5"}}`, has("QmluYXJ5"), true},
		{"BinaryEquals of other bytes", `{"BinaryEquals":{"x:key":"QmluYXJ5"}}`, has("QmluYXJz"), false},
		{"BinaryEquals without padding on both sides", `{"BinaryEquals":{"x:key":"QmluYQ"}}`, has("QmluYQ"), true},
		{"BinaryEquals without padding in the policy", `{"BinaryEquals":{"x:key":"QmluYQ"}}`, has("QmluYQ=="), true},
		{"BinaryEquals without padding in the request", `{"BinaryEquals":{"x:key":"QmluYQ=="}}`, has("QmluYQ"), true},
		{"BinaryEquals of a text with itself", `{"BinaryEquals":{"x:key":"kitchen"}}`, has("kitchen"), true},

		{"IpAddress in a network", `{"IpAddress":{"x:key":"203.0.113.0/24"}}`, has("203.0.113.7"), true},
		{"IpAddress at its edge", `{"IpAddress":{"x:key":"203.0.113.0/25"}}`, has("203.0.113.128"), false},
		{"IpAddress alone is a host", `{"IpAddress":{"x:key":"203.0.113.7"}}`, has("203.0.113.7"), true},
		{"IpAddress with bits set after its prefix", `{"IpAddress":{"x:key":"203.0.113.99/24"}}`, has("203.0.113.7"), true},
		{"IpAddress v6", `{"IpAddress":{"x:key":"2001:db8::/32"}}`, has("2001:DB8:1::1"), true},
		{"IpAddress v4 written as v6", `{"IpAddress":{"x:key":"203.0.113.0/24"}}`, has("::ffff:203.0.113.7"), true},
		{"IpAddress v4 in a network of v6", `{"IpAddress":{"x:key":"::/0"}}`, has("203.0.113.7"), false},
		{"IpAddress with a zone", `{"IpAddress":{"x:key":"fe80::/10"}}`, has("fe80::1%eth0"), false},
		{"IpAddress of octal", `{"IpAddress":{"x:key":"203.0.113.7"}}`, has("0313.0.113.7"), false},
		{"NotIpAddress", `{"NotIpAddress":{"x:key":["10.0.0.0/8","203.0.113.0/24"]}}`, has("203.0.113.7"), false},
		{"NotIpAddress of what is none", `{"NotIpAddress":{"x:key":"10.0.0.0/8"}}`, has("localhost"), true},
		{"NotIpAddress holds without the key", `{"NotIpAddress":{"x:key":"10.0.0.0/8"}}`, nil, true},

		{"ArnLike part by part", `{"ArnLike":{"x:key":"arn:aws:sns:*:111122223333:t*"}}`, has("arn:aws:sns:eu-west-1:111122223333:topic:sub"), true},
		{"ArnLike keeps a star in its part", `{"ArnLike":{"x:key":"arn:aws:sns:*:topic"}}`, has("arn:aws:sns:eu-west-1:111122223333:topic"), false},
		{"ArnLike lets no star reach into another part", `{"ArnLike":{"x:key":"arn:aws:sns:*:1:x"}}`, has("arn:aws:sns:eu:2:1:x"), false},
		{"ArnEquals has wildcards, too", `{"ArnEquals":{"x:key":"arn:aws:sns:*:*:topic?"}}`, has("arn:aws:sns:eu:1:topic1"), true},
		{"ArnLike of what is no ARN", `{"ArnLike":{"x:key":"arn:*:*:*:*:*"}}`, has("topic"), false},
		{"ArnLike of what is no ARN, by nothing but stars", `{"ArnLike":{"x:key":"*:*:*:*:*:*"}}`, has("topic"), false},
		{"ArnLike of a single star", `{"ArnLike":{"x:key":"*"}}`, has("arn:aws:sns:eu:1:topic"), false},
		{"ArnNotLike", `{"ArnNotLike":{"x:key":"arn:aws:sns:*:*:*"}}`, has("arn:aws:sqs:eu:1:q"), true},
		{"ArnNotEquals of several", `{"ArnNotEquals":{"x:key":["arn:aws:sqs:*:*:*","arn:aws:sns:*:*:*"]}}`, has("arn:aws:sqs:eu:1:q"), false},
		{"ArnNotLike holds without the key", `{"ArnNotLike":{"x:key":"arn:aws:sns:*:*:*"}}`, nil, true},

		{"Null true wants it absent", `{"Null":{"x:key":"true"}}`, nil, true},
		{"Null true fails with it", `{"Null":{"x:key":"true"}}`, has("x"), false},
		{"Null false wants it", `{"Null":{"x:key":"false"}}`, has(""), true},
		{"Null of a JSON boolean", `{"Null":{"x:key":false}}`, nil, false},
		{"Null of an empty list is absent", `{"Null":{"x:key":"true"}}`, has(), true},

		{"IfExists holds without the key", `{"StringEqualsIfExists":{"x:key":"ann"}}`, nil, true},
		{"IfExists compares with it", `{"StringEqualsIfExists":{"x:key":"ann"}}`, has("bob"), false},
		{"a negated IfExists holds without the key", `{"StringNotLikeIfExists":{"x:key":"*"}}`, nil, true},
		{"BoolIfExists", `{"BoolIfExists":{"x:key":"true"}}`, has("false"), false},
		{"DateLessThanIfExists", `{"DateLessThanIfExists":{"x:key":"0"}}`, nil, true},

		{"several values need a set operator", `{"StringEquals":{"x:key":["a","b"]}}`, has("a", "b"), false},
		{"several values need one under a negated operator as well", `{"StringNotEquals":{"x:key":"c"}}`, has("a", "b"), false},
		{"ForAnyValue", `{"ForAnyValue:StringEquals":{"x:key":["b","c"]}}`, has("a", "b"), true},
		{"ForAnyValue without the key", `{"ForAnyValue:StringEquals":{"x:key":"b"}}`, nil, false},
		{"ForAnyValue negated: some value is none of them", `{"ForAnyValue:StringNotEquals":{"x:key":["b","c"]}}`, has("a", "b"), true},
		{"ForAnyValue negated: each is one of them", `{"ForAnyValue:StringNotEquals":{"x:key":["a","b"]}}`, has("a", "b"), false},
		{"ForAnyValue negated without the key", `{"ForAnyValue:StringNotEquals":{"x:key":"b"}}`, nil, false},
		{"ForAnyValue IfExists without the key", `{"ForAnyValue:StringEqualsIfExists":{"x:key":"b"}}`, nil, true},
		{"ForAllValues", `{"ForAllValues:StringLike":{"x:key":["a*","b"]}}`, has("a1", "b"), true},
		{"ForAllValues with one that is none of them", `{"ForAllValues:StringLike":{"x:key":["a*","b"]}}`, has("a1", "c"), false},
		{"ForAllValues holds without the key", `{"ForAllValues:StringEquals":{"x:key":"b"}}`, nil, true},
		{"ForAllValues holds for an empty list", `{"ForAllValues:StringEquals":{"x:key":"b"}}`, has(), true},
		{"ForAllValues negated", `{"ForAllValues:StringNotEquals":{"x:key":["b","c"]}}`, has("a", "b"), false},
		{"ForAllValues IfExists compares with the key", `{"ForAllValues:StringEqualsIfExists":{"x:key":"b"}}`, has("c"), false},
		{"a set operator on a single value", `{"ForAnyValue:IpAddress":{"x:key":"10.0.0.0/8"}}`, has("10.1.1.1"), true},
		{"ForAnyValue of dates", `{"ForAnyValue:DateLessThan":{"x:key":"10"}}`, has("11", "9"), true},

		{"operators are joined by and", `{"StringEquals":{"x:key":"a"},"StringLike":{"x:key":"b*"}}`, has("a"), false},
		{"keys are joined by and", `{"StringEquals":{"x:key":"a","x:none":"b"}}`, has("a"), false},
		{"an empty block asks nothing", `{"StringEquals":{}}`, nil, true},
		{"keys are alike in every case", `{"StringEquals":{"X:KEY":"a"}}`, has("a"), true},
		{"operators are, too", `{"stringequalsIFEXISTS":{"x:key":"a"}}`, has("b"), false},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := meets(t, c.condition, c.values, nil); got != c.want {
				t.Errorf("%s for %q: %v, want %v", c.condition, c.values, got, c.want)
			}
		})
	}
}

func TestVariablesInConditions(t *testing.T) {
	more := map[string][]string{"aws:username": {"ann"}, "aws:PrincipalTag/Team": {"a*b"}, "aws:tagkeys": {"k1", "k2"}, "x:yes": {"true"}, "x:empty": {""}, "x:wild": {"*"}, "x:colons": {"1:role/x"}}
	for _, c := range []struct {
		name, condition, value string
		want                   bool
	}{
		{"a variable stands for its value", `{"StringEquals":{"x:key":"home/${aws:username}/x"}}`, "home/ann/x", true},
		{"its key is alike in every case", `{"StringEquals":{"x:key":"${AWS:principaltag/TEAM}"}}`, "a*b", true},
		{"a value's asterisk is literal", `{"StringLike":{"x:key":"${aws:PrincipalTag/Team}"}}`, "axxb", false},
		{"a value's asterisk matches itself", `{"StringLike":{"x:key":"${aws:PrincipalTag/Team}*"}}`, "a*b!", true},
		{"one without value equals nothing", `{"StringEquals":{"x:key":"${x:none}"}}`, "", false},
		{"nor its own text", `{"StringEquals":{"x:key":"${x:none}"}}`, "${x:none}", false},
		{"so a negated operator holds", `{"StringNotEquals":{"x:key":"${x:none}"}}`, "ann", true},
		{"one without value spoils only its own pattern", `{"StringLike":{"x:key":["${x:none}*","a*"]}}`, "ann", true},
		{"an empty value is a value", `{"StringEquals":{"x:key":"a${x:empty}b"}}`, "ab", true},
		{"a default serves when there is no value", `{"StringEquals":{"x:key":"${x:none, 'some, thing'}"}}`, "some, thing", true},
		{"a default does not serve when there is one", `{"StringEquals":{"x:key":"${aws:username, 'bob'}"}}`, "bob", false},
		{"a default may have braces", `{"StringEquals":{"x:key":"${x:none, '{}'}"}}`, "{}", true},
		{"several values are none", `{"StringEquals":{"x:key":"${aws:tagkeys}"}}`, "k1", false},
		{"escapes", `{"StringLike":{"x:key":"${*}${?}${$}{}*"}}`, "*?${} and so on", true},
		{"an escape is not wild", `{"StringLike":{"x:key":"${*}"}}`, "ann", false},
		{"what is not closed is text", `{"StringEquals":{"x:key":"${aws:username"}}`, "${aws:username", true},
		{"without regard to case", `{"StringEqualsIgnoreCase":{"x:key":"${aws:username}-X"}}`, "ANN-x", true},
		{"in Bool", `{"Bool":{"x:key":"${x:yes}"}}`, "True", true},
		{"in Bool without value", `{"Bool":{"x:key":"${x:none}"}}`, "false", false},
		{"in ARNs", `{"ArnLike":{"x:key":"arn:aws:iam::*:user/${aws:username}"}}`, "arn:aws:iam::1:user/ann", true},
		{"in ARNs a value is literal", `{"ArnLike":{"x:key":"arn:aws:iam::1:user/${x:wild}"}}`, "arn:aws:iam::1:user/ann", false},
		{"in ARNs a value moves no part", `{"ArnLike":{"x:key":"arn:aws:iam::${x:colons}"}}`, "arn:aws:iam::1:role/x", false},
		{"in numbers there are none", `{"NumericEquals":{"x:key":"${x:none, '1'}"}}`, "1", false},
		{"in addresses there are none", `{"IpAddress":{"x:key":"${x:none, '10.0.0.1'}"}}`, "10.0.0.1", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := meets(t, c.condition, []string{c.value}, more); got != c.want {
				t.Errorf("%s for %q: %v, want %v", c.condition, c.value, got, c.want)
			}
		})
	}
}

func TestAContextWithAKeyTwiceIsRefused(t *testing.T) {
	if _, err := policy.NewContext(map[string][]string{"aws:SourceIp": {"10.0.0.1"}, "AWS:sourceip": {"192.0.2.1"}}); err == nil {
		t.Error("which of the two addresses holds?")
	}
}
