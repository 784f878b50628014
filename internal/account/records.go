package account

import "github.com/sallyport/sallyport/internal/store"

// accessKey is a long-term key. Its secret is kept sealed, with the key's id
// as associated data, so that one row's secret cannot be moved to another.
type accessKey struct {
	ID     string `json:"id"`
	Owner  string `json:"owner"`
	Sealed []byte `json:"sealed"`
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
