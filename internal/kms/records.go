package kms

import (
	"math"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/kms/types"

	"github.com/sallyport/sallyport/internal/policy"
	"github.com/sallyport/sallyport/internal/store"
)

// Key is a key with all that is known of it. Its material opens with the keyring
// and the key's id only.
type Key struct {
	ID          string
	Region      string
	Description string
	Created     time.Time
	Disabled    bool
	Policy      string
	Tags        map[string]string
	Material    []byte     // sealed
	Deletion    *time.Time // when it ends; nil for a key that stays
	Window      int32      // days that were asked for before it ends

	compiled *policy.Policy // in the snapshot
}

// Alias is another name of a key.
type Alias struct {
	Region   string
	Name     string // with "alias/" before it
	KeyID    string
	Created  time.Time
	Modified time.Time
}

var keyTable = store.NewTable(store.Schema[Key]{
	Table: "kms_keys",
	Key:   []store.Column[Key]{{Name: "id", Value: func(k *Key) any { return k.ID }}},
	Columns: []store.Column[Key]{
		{Name: "region", Value: func(k *Key) any { return k.Region }},
		{Name: "ends", Value: func(k *Key) any { return k.ends() }},
	},
	Feed: true,
})

var aliasTable = store.NewTable(store.Schema[Alias]{
	Table: "kms_aliases",
	Key: []store.Column[Alias]{
		{Name: "region", Value: func(a *Alias) any { return a.Region }},
		{Name: "name", Value: func(a *Alias) any { return a.Name }},
	},
	Columns: []store.Column[Alias]{{Name: "key_id", Value: func(a *Alias) any { return a.KeyID }}},
	Feed:    true,
})

const (
	keysAfter    = "region = $1 and id > $2 order by id limit $3"
	aliasesAfter = "region = $1 and name > $2 order by name limit $3"
	aliasesOfKey = "region = $1 and key_id = $2 and name > $3 order by name limit $4"
	ofKey        = "key_id = $1"
	ended        = "ends <= $1"
	ofEnded      = "key_id in (select k.id from kms_keys k where k.ends <= $1)"
)

func (k *Key) ends() int64 {
	if k.Deletion == nil {
		return math.MaxInt64
	}
	return k.Deletion.UnixMilli()
}

func (k *Key) state() types.KeyState {
	switch {
	case k.Deletion != nil:
		return types.KeyStatePendingDeletion
	case k.Disabled:
		return types.KeyStateDisabled
	}
	return types.KeyStateEnabled
}
