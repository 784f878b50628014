package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/sallyport/sallyport/internal/policy"
)

// maxQuestion is how long a line of policy evaluate may be, in bytes.
const maxQuestion = 1 << 20

// byteOrderMark is what some editors and shells begin a file with.
const byteOrderMark = "\ufeff"

// evaluateLines answers line by line. It writes an answer out as soon as no
// further question is waiting, so that another program can hold a conversation.
func evaluateLines(in io.Reader, out io.Writer) error {
	r := bufio.NewReaderSize(in, 64<<10)
	w := bufio.NewWriter(out)
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	var known trials
	for first := true; ; first = false {
		line, err := questionLine(r)
		if first {
			line = bytes.TrimPrefix(line, []byte(byteOrderMark))
		}
		if errors.Is(err, io.EOF) && len(line) == 0 {
			return w.Flush()
		}
		switch {
		case errors.Is(err, errLongLine):
			err = enc.Encode(unreadable{err.Error()})
		case err != nil && !errors.Is(err, io.EOF):
			_ = w.Flush()
			return fmt.Errorf("standard input broke off: %w", err)
		default:
			err = enc.Encode(answerLine(line, &known))
		}
		if err == nil && r.Buffered() == 0 {
			err = w.Flush()
		}
		if err != nil {
			return err
		}
	}
}

var errLongLine = fmt.Errorf("the line is longer than %d bytes", maxQuestion)

// questionLine reads one line; of one that is too long it reads the rest away.
func questionLine(r *bufio.Reader) ([]byte, error) {
	var line []byte
	long := false
	for {
		part, err := r.ReadSlice('\n')
		long = long || len(line)+len(part) > maxQuestion+1
		if !long {
			line = append(line, part...)
		}
		switch {
		case errors.Is(err, bufio.ErrBufferFull):
			continue
		case err != nil && !errors.Is(err, io.EOF):
			return nil, err
		case long:
			return nil, errLongLine
		}
		return bytes.TrimRight(line, "\r\n"), err
	}
}

type unreadable struct {
	Error string `json:"error"`
}

type decided struct {
	Decision   string             `json:"decision"`
	Statements []decidedStatement `json:"statements"`
	Reason     string             `json:"reason"`
}

type decidedStatement struct {
	Policy    string `json:"policy"`
	Statement int    `json:"statement"`
	Effect    string `json:"effect"`
}

// answerLine is the answer to one question, whatever it is.
func answerLine(line []byte, known *trials) any {
	q := question{known: known}
	if err := q.read(line); err != nil {
		return unreadable{oneLine(err)}
	}
	d, trace := policy.Explain(&q.request, &q.set)
	reason := strings.Join(append([]string{trace.Reason(&q.request)}, q.notes...), "; ")
	a := decided{Decision: d.Outcome.String(), Statements: []decidedStatement{}, Reason: reason}
	for _, ref := range trace.Deciding() {
		a.Statements = append(a.Statements, decidedStatement{ref.Policy, ref.Statement, ref.Effect.String()})
	}
	return a
}

type question struct {
	request policy.Request
	set     policy.Set
	notes   []string // what AWS would refuse in the policies
	known   *trials
}

// read is strict: a member that is misspelt would be a policy left out.
func (q *question) read(line []byte) error {
	if !utf8.Valid(line) {
		return errors.New("the request is not UTF-8")
	}
	raw, err := members("the request", line, "principal", "action", "resource", "context", "identityPolicies",
		"resourcePolicy", "permissionBoundaries", "sessionPolicy", "serviceControlPolicies")
	if err != nil {
		return err
	}
	for _, m := range []struct {
		name string
		to   *string
	}{{"action", &q.request.Action}, {"resource", &q.request.Resource}} {
		if err := json.Unmarshal(raw[m.name], m.to); err != nil || *m.to == "" {
			return fmt.Errorf("the request needs %s, a string", m.name)
		}
	}
	if service, name, _ := strings.Cut(q.request.Action, ":"); service == "" || name == "" || strings.ContainsAny(q.request.Action, "*?") {
		return fmt.Errorf("the action %q is not of the form service:Name", q.request.Action)
	}
	if err := q.principal(raw["principal"]); err != nil {
		return err
	}
	if err := q.context(raw["context"]); err != nil {
		return err
	}
	return q.policies(raw)
}

func (q *question) principal(raw json.RawMessage) (err error) {
	var text string
	if err := json.Unmarshal(raw, &text); err != nil || text == "" {
		return errors.New("the request needs principal, a string")
	}
	q.request.Principal, err = policy.ParsePrincipal(text)
	return err
}

func (q *question) context(raw json.RawMessage) (err error) {
	if absent(raw) {
		return nil
	}
	values, err := members("context", raw)
	if err != nil {
		return err
	}
	keys := map[string][]string{}
	for key, value := range values {
		list, err := contextValues(value)
		if err != nil {
			return fmt.Errorf("context %q: %w", key, err)
		}
		keys[key] = list
	}
	if q.request.Context, err = policy.NewContext(keys); err != nil {
		return err
	}
	if owner := q.request.Context.Value("aws:resourceaccount"); owner.Len() == 1 {
		q.request.ResourceAccount = owner.At(0)
	}
	return nil
}

// contextValues takes a list of strings, or one string; numbers and booleans
// count as they are written.
func contextValues(raw json.RawMessage) ([]string, error) {
	var list []json.RawMessage
	if json.Unmarshal(raw, &list) != nil {
		list = []json.RawMessage{raw}
	}
	values := make([]string, len(list))
	for i, one := range list {
		text := string(bytes.TrimSpace(one))
		if json.Unmarshal(one, &values[i]) == nil && text != "null" {
			continue
		}
		if text == "" || strings.ContainsAny(text[:1], `{["n`) {
			return nil, errors.New("its values must be strings")
		}
		values[i] = text
	}
	return values, nil
}

func (q *question) policies(raw map[string]json.RawMessage) (err error) {
	if q.set.Identity, err = q.attachedList("identityPolicies", raw["identityPolicies"], policy.Identity); err != nil {
		return err
	}
	if q.set.Boundary, err = q.attachedList("permissionBoundaries", raw["permissionBoundaries"], policy.Identity); err != nil {
		return err
	}
	var levels []json.RawMessage
	if text := raw["serviceControlPolicies"]; !absent(text) {
		if err := json.Unmarshal(text, &levels); err != nil {
			return errors.New("serviceControlPolicies must be a list of levels, each a list of policies")
		}
	}
	for i, level := range levels {
		list, err := q.attachedList(fmt.Sprintf("serviceControlPolicies[%d]", i), level, policy.ServiceControl)
		if err != nil {
			return err
		}
		q.set.ServiceControl = append(q.set.ServiceControl, list)
	}
	if text := raw["sessionPolicy"]; !absent(text) {
		p, err := q.attached("sessionPolicy", "sessionPolicy", text, policy.Session)
		if err != nil {
			return err
		}
		q.set.Session = []policy.Attached{p}
	}
	action, resource := q.request.Action, q.request.Resource
	q.set.Reserved, q.set.Open = policy.Reserved(action, resource), policy.Open(action)
	if text := raw["resourcePolicy"]; !absent(text) {
		// At AWS a role and a key always have a policy. Where none is given here,
		// the question is what the others say.
		q.set.ResourceMustAllow = policy.ResourceMustAllow(action, resource)
		kind := policy.Resource
		if q.set.ResourceMustAllow && strings.HasPrefix(strings.ToLower(action), "sts:") {
			kind = policy.Trust
		}
		q.set.Resource, err = q.attached("resourcePolicy", "resourcePolicy", text, kind)
	}
	return err
}

func (q *question) attachedList(what string, raw json.RawMessage, kind policy.Kind) ([]policy.Attached, error) {
	if absent(raw) {
		return nil, nil
	}
	var entries []json.RawMessage
	if err := json.Unmarshal(raw, &entries); err != nil {
		return nil, fmt.Errorf("%s must be a list", what)
	}
	var list []policy.Attached
	for i, entry := range entries {
		where := fmt.Sprintf("%s[%d]", what, i)
		m, err := members(where, entry, "name", "policy")
		if err != nil {
			return nil, err
		}
		var name string
		if err := json.Unmarshal(m["name"], &name); err != nil {
			return nil, fmt.Errorf("%s needs a name, a string", where)
		}
		p, err := q.attached(where, name, m["policy"], kind)
		if err != nil {
			return nil, err
		}
		list = append(list, p)
	}
	return list, nil
}

// attached: APIs have policies as strings; one may stand here as it came from
// there.
func (q *question) attached(where, name string, raw json.RawMessage, kind policy.Kind) (policy.Attached, error) {
	var quoted string
	if bytes.HasPrefix(raw, []byte(`"`)) && json.Unmarshal(raw, &quoted) == nil {
		raw = json.RawMessage(quoted)
	}
	one, err := q.known.parse(kind, raw)
	if err != nil {
		return policy.Attached{}, fmt.Errorf("%s: %w", where, err)
	}
	for _, note := range one.notes {
		q.notes = append(q.notes, fmt.Sprintf("note that AWS would refuse %s: %v", where, note))
	}
	return policy.Attached{Name: name, Policy: one.policy}, nil
}

func absent(raw json.RawMessage) bool { return len(raw) == 0 || string(raw) == "null" }

// members are those of a JSON object, each once, and none but the known ones
// when some are named.
func members(what string, text []byte, known ...string) (map[string]json.RawMessage, error) {
	dec := json.NewDecoder(bytes.NewReader(text))
	if t, err := dec.Token(); err != nil || t != json.Delim('{') {
		return nil, fmt.Errorf("%s is not a JSON object", what)
	}
	m := map[string]json.RawMessage{}
	for dec.More() {
		t, err := dec.Token()
		name, isText := t.(string)
		if err != nil || !isText {
			return nil, fmt.Errorf("%s is not sound JSON", what)
		}
		if _, twice := m[name]; twice {
			return nil, fmt.Errorf("%s has %q twice", what, name)
		}
		if len(known) > 0 && !slices.Contains(known, name) {
			return nil, fmt.Errorf("%s has no member %q", what, name)
		}
		var value json.RawMessage
		if err := dec.Decode(&value); err != nil {
			return nil, fmt.Errorf("%s is not sound JSON", what)
		}
		m[name] = value
	}
	if _, err := dec.Token(); err != nil {
		return nil, fmt.Errorf("%s is not sound JSON", what)
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("something follows %s", what)
	}
	return m, nil
}
