package account

import (
	"strings"
	"time"

	"github.com/sallyport/sallyport/internal/store"
)

// accessKey is a long-term key. Its secret is kept sealed, with the key's id
// as associated data, so that one row's secret cannot be moved to another.
type accessKey struct {
	ID       string    `json:"id"`
	Owner    string    `json:"owner"` // ownerRoot, or the unique id of a user
	Sealed   []byte    `json:"sealed"`
	Inactive bool      `json:"inactive,omitempty"`
	Created  time.Time `json:"created,omitzero"`
}

// ownerRoot is the owner of the account's root key.
const ownerRoot = "root"

var accessKeys = store.NewTable(store.Schema[accessKey]{
	Table: "access_keys",
	Key:   []store.Column[accessKey]{{Name: "id", Value: func(k *accessKey) any { return k.ID }}},
	Columns: []store.Column[accessKey]{
		{Name: "owner", Value: func(k *accessKey) any { return k.Owner }},
	},
	Feed: true,
})

// keyUse is the last use of a user's access key, or of a role by its sessions.
// It has a table of its own and no feed, so that using a key wakes nobody.
type keyUse struct {
	ID      string    `json:"id"`
	At      time.Time `json:"at"`
	Service string    `json:"service"`
	Region  string    `json:"region"`
}

var keyUses = store.NewTable(store.Schema[keyUse]{
	Table: "access_key_uses",
	Key:   []store.Column[keyUse]{{Name: "id", Value: func(u *keyUse) any { return u.ID }}},
})

// entityKind is the sort of an entity, as ARNs write it.
type entityKind string

const (
	user  entityKind = "user"
	group entityKind = "group"
	role  entityKind = "role"
)

// entity is a user, a group or a role: what policies are attached to. What the
// three have in common is done once, for all of them.
type entity struct {
	ID       string         `json:"id"` // AIDA…, AGPA…, AROA…
	Kind     entityKind     `json:"kind"`
	Name     string         `json:"name"`
	Path     string         `json:"path"`
	Created  time.Time      `json:"created"`
	Tags     []tag          `json:"tags,omitempty"`     // by key
	Inline   []inlinePolicy `json:"inline,omitempty"`   // by name
	Attached []string       `json:"attached,omitempty"` // ARNs of managed policies, sorted
	Boundary string         `json:"boundary,omitempty"` // ARN of the permissions boundary
	Groups   []string       `json:"groups,omitempty"`   // unique ids; of a user
	Role     *roleSettings  `json:"role,omitempty"`
}

type tag struct {
	Key   string `json:"key"`
	Value string `json:"value"`
}

type inlinePolicy struct {
	Name string `json:"name"`
	Text string `json:"text"`
}

// roleSettings is what roles alone have.
type roleSettings struct {
	Description string `json:"description,omitempty"`
	MaxSession  int32  `json:"maxSession"` // seconds
	Trust       string `json:"trust"`      // as it was given
	// TrustBound is what decides: Trust with this account's users and roles by
	// their unique ids, so that nobody inherits trust by taking over a name.
	TrustBound string `json:"trustBound"`
}

func (e *entity) arn(account string) string {
	return entityARN(account, e.Kind, e.Path, e.Name)
}

func entityARN(account string, kind entityKind, path, name string) string {
	return "arn:aws:iam::" + account + ":" + string(kind) + path + name
}

// nameKey is the name as the table has it.
func nameKey(kind entityKind, name string) string { return string(kind) + "/" + strings.ToLower(name) }

var entities = store.NewTable(store.Schema[entity]{
	Table: "iam_entities",
	Key:   []store.Column[entity]{{Name: "id", Value: func(e *entity) any { return e.ID }}},
	Columns: []store.Column[entity]{
		{Name: "name", Value: func(e *entity) any { return nameKey(e.Kind, e.Name) }},
		{Name: "kind", Value: func(e *entity) any { return string(e.Kind) }},
		{Name: "path", Value: func(e *entity) any { return e.Path }},
	},
	Feed: true,
})

// managedPolicy is a policy with an ARN of its own.
type managedPolicy struct {
	ARN         string          `json:"arn"`
	ID          string          `json:"id"` // ANPA…
	Name        string          `json:"name"`
	Path        string          `json:"path"`
	Description string          `json:"description,omitempty"`
	Created     time.Time       `json:"created"`
	Updated     time.Time       `json:"updated"`
	Tags        []tag           `json:"tags,omitempty"`
	Default     int             `json:"default"`
	Next        int             `json:"next"` // number of the next version; none is given twice
	Versions    []policyVersion `json:"versions"`
}

type policyVersion struct {
	Number  int       `json:"number"`
	Text    string    `json:"text"`
	Created time.Time `json:"created"`
}

// text is the document of the default version.
func (p *managedPolicy) text() string {
	for i := range p.Versions {
		if p.Versions[i].Number == p.Default {
			return p.Versions[i].Text
		}
	}
	return ""
}

var managedPolicies = store.NewTable(store.Schema[managedPolicy]{
	Table: "iam_policies",
	Key:   []store.Column[managedPolicy]{{Name: "arn", Value: func(p *managedPolicy) any { return p.ARN }}},
	Columns: []store.Column[managedPolicy]{
		{Name: "name", Value: func(p *managedPolicy) any { return strings.ToLower(p.Name) }},
		{Name: "path", Value: func(p *managedPolicy) any { return p.Path }},
	},
	Feed: true,
})
