package policy

import "unicode/utf8"

// document is a policy as it was written.
type document struct {
	version    string // "" when it is missing, which means 2008-10-17
	id         string
	hasID      bool
	listed     bool // it has the element Statement
	statements []rawStatement
}

type rawStatement struct {
	at, end      int // where it begins in the text, as in located, and where it is over
	sid          string
	hasSid       bool
	effect       string
	principals   []namedPrincipals
	hasPrincipal bool
	notPrincipal bool
	actions      []located
	hasAction    bool
	notAction    bool
	resources    []located
	hasResource  bool
	notResource  bool
	conditions   []rawCondition
}

// namedPrincipals are those of one sort: AWS, Service, Federated or
// CanonicalUser; the sort is "" for Principal: "*",
// and for whatever else stands there as a mere string, which is malformed.
type namedPrincipals struct {
	sort   string
	at     int
	values []located
}

type rawCondition struct {
	operator string
	at       int
	keys     []rawKey
}

type rawKey struct {
	key    string
	at     int
	values []located
}

// located is a word and where it stands.
type located struct {
	text string
	at   int
}

const (
	version2008 = "2008-10-17"
	version2012 = "2012-10-17"
)

// read checks the shape of a document, and that alone.
func read(text []byte) (*document, error) {
	if len(text) > MaxDocument {
		return nil, tooLong(MaxDocument)
	}
	if !utf8.Valid(text) {
		return nil, &MalformedError{Message: msgSyntax, Detail: "it is not UTF-8"}
	}
	r := newReader(text)
	d := &document{}
	err := r.object("the policy", func(name string, at int) (err error) {
		switch name {
		case "Version":
			at := r.place()
			d.version, err = r.word(name, false)
			if err == nil && d.version != version2008 && d.version != version2012 {
				return r.fail(at, "there is no version "+quote(d.version))
			}
		case "Id":
			d.hasID = true
			d.id, err = r.word(name, false)
		case "Statement":
			d.listed = true
			err = r.statements(d)
		default:
			return r.fail(at, "a policy has no element "+quote(name))
		}
		return err
	})
	if err == nil {
		err = r.end()
	}
	if err == nil && !d.listed {
		err = r.fail(0, "the policy has no Statement")
	}
	if err != nil {
		return nil, err
	}
	return d, nil
}

func (r *reader) statements(d *document) error {
	if at := r.place(); at < len(r.text) && r.text[at] != '[' {
		return r.statement(d)
	}
	return r.list("Statement", func() error { return r.statement(d) })
}

func (r *reader) statement(d *document) error {
	s := rawStatement{at: r.place()}
	err := r.object("the statement", func(name string, at int) (err error) {
		switch name {
		case "Sid":
			s.hasSid = true
			s.sid, err = r.word(name, false)
		case "Effect":
			s.effect, err = r.word(name, false)
			if err == nil && !isEffect(s.effect) {
				return r.fail(at, "Effect must be Allow or Deny")
			}
		case "Principal", "NotPrincipal":
			if s.hasPrincipal {
				return r.fail(at, "a statement has Principal or NotPrincipal, not both")
			}
			s.hasPrincipal, s.notPrincipal = true, name[0] == 'N'
			s.principals, err = r.principals(name)
		case "Action", "NotAction":
			if s.hasAction {
				return r.fail(at, "a statement has Action or NotAction, not both")
			}
			s.hasAction, s.notAction = true, name[0] == 'N'
			s.actions, err = r.words(name, false)
		case "Resource", "NotResource":
			if s.hasResource {
				return r.fail(at, "a statement has Resource or NotResource, not both")
			}
			s.hasResource, s.notResource = true, name[0] == 'N'
			s.resources, err = r.words(name, false)
		case "Condition":
			s.conditions, err = r.conditions()
		default:
			return r.fail(at, "a statement has no element "+quote(name))
		}
		return err
	})
	if err != nil {
		return err
	}
	if s.effect == "" {
		return r.fail(s.at, "the statement has no Effect")
	}
	s.end = int(r.dec.InputOffset())
	d.statements = append(d.statements, s)
	return nil
}

func (r *reader) principals(what string) ([]namedPrincipals, error) {
	at := r.place()
	if at < len(r.text) && r.text[at] == '"' {
		w, err := r.word(what, false)
		return []namedPrincipals{{at: at, values: []located{{w, at}}}}, err
	}
	list := []namedPrincipals{}
	err := r.object(what, func(sort string, at int) error {
		switch sort {
		case "AWS", "Service", "Federated", "CanonicalUser":
		default:
			return r.fail(at, "there is no sort of principal "+quote(sort))
		}
		values, err := r.words("principal", false)
		list = append(list, namedPrincipals{sort, at, values})
		return err
	})
	return list, err
}

func (r *reader) conditions() ([]rawCondition, error) {
	var list []rawCondition
	err := r.object("Condition", func(operator string, at int) error {
		c := rawCondition{operator: operator, at: at}
		if _, known := parseOperator(operator); !known {
			return r.fail(at, "there is no condition operator "+quote(operator))
		}
		err := r.object("the operator "+operator, func(key string, at int) error {
			values, err := r.words("condition value", true)
			c.keys = append(c.keys, rawKey{key, at, values})
			return err
		})
		list = append(list, c)
		return err
	})
	return list, err
}
