package policy

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// maxAuthorizerResource is in characters, as AWS bounds what authorizers answer:
// https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-lambda-authorizer-output.html.
const maxAuthorizerResource = 512

// validator goes through a document of sound shape in AWS's order: each check
// over the whole document before the next, so that the first complaint is the
// one that AWS would make.
type validator struct {
	kind Kind
	text []byte
	doc  *document
	// notes collects what is wrong but has a plain meaning all the same; when it
	// is nil that is an error like any other.
	notes *[]error
}

func (v *validator) fail(at int, message, detail string) error {
	e := &MalformedError{Message: message, Detail: detail}
	e.Line, e.Column = lineColumn(v.text, at)
	return e
}

// misplaced is fail, but a note when those are asked for.
func (v *validator) misplaced(at int, message, detail string) error {
	err := v.fail(at, message, detail)
	if v.notes == nil {
		return err
	}
	*v.notes = append(*v.notes, err)
	return nil
}

func (v *validator) validate() error {
	if len(v.doc.statements) == 0 {
		if err := v.misplaced(0, msgSyntax, "the policy has no Statement"); err != nil {
			return err
		}
	}
	if v.kind == Managed && v.doc.version != version2012 {
		return v.fail(0, msgVersion, "")
	}
	if err := v.each(v.legacy); err != nil {
		return err
	}
	if err := v.sids(); err != nil {
		return err
	}
	for _, check := range []func(*rawStatement) error{v.actionsThere, v.principal, v.resources, v.actions, v.resourcesThere} {
		if err := v.each(check); err != nil {
			return err
		}
	}
	return nil
}

func (v *validator) each(check func(*rawStatement) error) error {
	for i := range v.doc.statements {
		if err := check(&v.doc.statements[i]); err != nil {
			return err
		}
	}
	return nil
}

// legacy holds what the oldest parser at AWS still insists on.
func (v *validator) legacy(s *rawStatement) error {
	if s.effect != "Allow" && s.effect != "Deny" {
		return v.fail(s.at, msgLegacy, "Effect is written Allow or Deny")
	}
	for _, c := range s.conditions {
		op, _ := parseOperator(c.operator)
		for _, k := range c.keys {
			if k.key == "" {
				return v.fail(k.at, msgSyntax, "a condition key is empty")
			}
			if op.family != dates {
				continue
			}
			for _, value := range k.values {
				if _, ok := parseInstant(value.text); !ok {
					err := v.misplaced(value.at, msgLegacy, quote(value.text)+" is no date: write 2030-01-31T12:00:00Z or seconds since 1970")
					if err != nil {
						return err
					}
				}
			}
		}
	}
	return nil
}

func (v *validator) sids() error {
	seen := map[string]bool{}
	for _, s := range v.doc.statements {
		if s.sid == "" {
			continue
		}
		if seen[s.sid] {
			if err := v.misplaced(s.at, msgSid, quote(s.sid)+" stands twice"); err != nil {
				return err
			}
		}
		seen[s.sid] = true
		// Resource policies allow more: services write spaces and dashes there.
		if v.kind.onResource() {
			continue
		}
		for _, c := range []byte(s.sid) {
			if !isAlphanumeric(c) {
				if err := v.misplaced(s.at, msgSidText, ""); err != nil {
					return err
				}
				break
			}
		}
	}
	return nil
}

func (v *validator) principal(s *rawStatement) error {
	switch {
	case !v.kind.onResource() && s.hasPrincipal:
		return v.misplaced(s.at, msgPrincipal, "")
	case !v.kind.onResource():
		return nil
	case !s.hasPrincipal || len(s.principals) == 0:
		return v.misplaced(s.at, msgNoPrincipal, "")
	case s.notPrincipal && v.kind == Trust:
		if err := v.misplaced(s.at, msgNotPrincipal, ""); err != nil {
			return err
		}
	}
	for _, named := range s.principals {
		for _, value := range named.values {
			if named.sort == "" && value.text != "*" {
				if err := v.misplaced(value.at, msgSyntax, `the principal must be "*" or an object such as {"AWS": …}`); err != nil {
					return err
				}
				named.sort = "AWS"
			}
			if !validPrincipal(named.sort, value.text) {
				if err := v.misplaced(value.at, fmt.Sprintf(msgBadPrincipal, named.sort, value.text), ""); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

func (v *validator) actionsThere(s *rawStatement) error {
	if len(s.actions) == 0 {
		return v.fail(s.at, msgNoActions, "")
	}
	return nil
}

func (v *validator) resourcesThere(s *rawStatement) error {
	if v.kind == Trust {
		if s.hasResource {
			return v.misplaced(s.at, msgNoResource, "a trust policy stands on its role, which is the resource")
		}
		return nil
	}
	switch {
	case len(s.resources) > 0:
		return nil
	case v.kind == Resource && !s.hasResource: // some services take it so: it is the resource that the policy stands on
		return v.misplaced(s.at, msgNoResources, "")
	}
	return v.fail(s.at, msgNoResources, "")
}

func (v *validator) resources(s *rawStatement) error {
	for _, r := range s.resources {
		if v.kind == Resource && isShortAPI(r.text) {
			continue
		}
		if v.kind == Authorizer && utf8.RuneCountInString(r.text) > maxAuthorizerResource {
			return v.fail(r.at, fmt.Sprintf(msgLongResource, maxAuthorizerResource), "")
		}
		message := resourceFault(r.text)
		if message == "" {
			continue
		}
		if !strings.HasPrefix(r.text, "arn:") {
			return v.fail(r.at, message, "")
		}
		if err := v.misplaced(r.at, message, ""); err != nil {
			return err
		}
	}
	return nil
}

func (v *validator) actions(s *rawStatement) error {
	for _, a := range s.actions {
		if message := actionFault(a.text); message != "" {
			return v.fail(a.at, message, quote(a.text))
		}
		if v.kind == Trust && !isTrustAction(a.text) {
			if err := v.misplaced(a.at, msgTrustActions, quote(a.text)); err != nil {
				return err
			}
		}
	}
	return nil
}

func actionFault(a string) string {
	if a == "*" {
		return ""
	}
	vendor, name, found := strings.Cut(a, ":")
	switch {
	case !found:
		return msgVendor
	case strings.Contains(name, ":"):
		return msgOneColon
	case vendor == "*":
		return ""
	case vendor == "":
		return fmt.Sprintf(msgBadVendor, vendor)
	}
	for _, c := range []byte(vendor) {
		if !isAlphanumeric(c) && c != '-' && c != '.' {
			return fmt.Sprintf(msgBadVendor, vendor)
		}
	}
	return ""
}

// isTrustAction: who may assume a role is the only thing that it can say, with
// what goes along with assuming it.
func isTrustAction(a string) bool {
	service, name, _ := strings.Cut(a, ":")
	if a == "*" || !strings.EqualFold(service, "sts") {
		return false
	}
	switch strings.ToLower(name) {
	case "assumerole", "assumerolewithsaml", "assumerolewithwebidentity", "tagsession", "setsourceidentity", "setcontext", "assumerole*", "*":
		return true
	}
	return false
}

func wildOnly(r string) bool { return strings.Trim(r, "*") == "" && r != "" }

func isAlphanumeric(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9'
}

func isEffect(e string) bool { return strings.EqualFold(e, "Allow") || strings.EqualFold(e, "Deny") }

func quote(s string) string {
	if len(s) > 120 {
		s = strings.ToValidUTF8(s[:120], "") + "…"
	}
	return fmt.Sprintf("%q", s)
}

func tooLong(limit int) error {
	return &MalformedError{Message: fmt.Sprintf(msgTooLong, limit)}
}
