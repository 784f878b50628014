package policy_test

import (
	"encoding/base64"
	"math/big"
	"net"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// The reference's conditions.

func (c *refCase) holds(p refPolicy, op, key string, wants []string) bool {
	has := c.Context[strings.ToLower(key)]
	set, op := "", op
	if before, after, found := strings.Cut(op, ":"); found {
		set, op = before, after
	}
	op, ifExists := strings.CutSuffix(op, "IfExists")
	if op == "Null" {
		for _, w := range wants {
			if (strings.ToLower(w) == "true") == (len(has) == 0) {
				return true
			}
		}
		return false
	}
	negated := strings.Contains(op, "Not")
	positive := strings.Replace(op, "Not", "", 1)
	if len(has) == 0 {
		return ifExists || set == "ForAllValues" || negated && set == ""
	}
	one := func(value string) bool {
		any := false
		for _, w := range wants {
			any = any || c.compare(p, positive, w, value)
		}
		return any != negated
	}
	met := 0
	for _, value := range has {
		if one(value) {
			met++
		}
	}
	switch set {
	case "ForAnyValue":
		return met > 0
	case "ForAllValues":
		return met == len(has)
	}
	return len(has) == 1 && met == 1
}

func (c *refCase) compare(p refPolicy, op, want, have string) bool {
	switch {
	case op == "StringEquals" || op == "StringEqualsIgnoreCase" || op == "Bool":
		text, ok := c.expand(p, want)
		text = strings.NewReplacer("\x01", "", "\x00", "$").Replace(text)
		if op == "Bool" {
			low := strings.ToLower(have)
			return ok && strings.EqualFold(text, have) && (low == "true" || low == "false")
		}
		return ok && (text == have || op == "StringEqualsIgnoreCase" && strings.EqualFold(text, have))
	case op == "StringLike":
		text, ok := c.expand(p, want)
		return ok && refGlob("(?s)", text, "\x00").MatchString(have)
	case op == "ArnLike" || op == "ArnEquals":
		wants, haves := strings.SplitN(want, ":", 6), strings.SplitN(have, ":", 6)
		if len(wants) != 6 || len(haves) != 6 || haves[0] != "arn" {
			return false
		}
		for i := range wants {
			text, ok := c.expand(p, wants[i])
			if !ok || !refGlob("(?s)", text, "\x00").MatchString(haves[i]) {
				return false
			}
		}
		return true
	case op == "BinaryEquals":
		a, err := base64.StdEncoding.DecodeString(want)
		b, err2 := base64.StdEncoding.DecodeString(have)
		return err == nil && err2 == nil && string(a) == string(b)
	case op == "IpAddress":
		if !strings.Contains(want, "/") {
			return net.ParseIP(want).Equal(net.ParseIP(have)) && net.ParseIP(have) != nil
		}
		_, network, err := net.ParseCIDR(want)
		ip := net.ParseIP(have)
		return err == nil && ip != nil && network.Contains(ip)
	}
	family, relation := "Numeric", strings.TrimPrefix(op, "Numeric")
	if strings.HasPrefix(op, "Date") {
		family, relation = "Date", strings.TrimPrefix(op, "Date")
	}
	a, ok := refNumber(family, have)
	b, ok2 := refNumber(family, want)
	if !ok || !ok2 {
		return false
	}
	order := a.Cmp(b)
	switch relation {
	case "Equals":
		return order == 0
	case "LessThan":
		return order < 0
	case "LessThanEquals":
		return order <= 0
	case "GreaterThan":
		return order > 0
	case "GreaterThanEquals":
		return order >= 0
	}
	panic("no relation " + op)
}

func refNumber(family, text string) (*big.Rat, bool) {
	if family == "Numeric" {
		if !regexp.MustCompile(`^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)$`).MatchString(text) {
			return nil, false
		}
		return new(big.Rat).SetString(text)
	}
	if n, err := strconv.ParseInt(text, 10, 64); err == nil {
		return new(big.Rat).SetInt64(n), true
	}
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02"} {
		if t, err := time.Parse(layout, text); err == nil {
			return big.NewRat(t.UnixNano(), 1e9), true
		}
	}
	return nil, false
}
