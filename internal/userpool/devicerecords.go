package userpool

import (
	"time"

	"github.com/sallyport/sallyport/internal/store"
)

// Device is a device that a user signed in on and confirmed. A device key that
// was given out and not confirmed has no row.
type Device struct {
	PoolID string
	Sub    string
	Key    string // region_uuid

	Name       string `json:",omitempty"`
	Remembered bool
	Secret     []byte `json:",omitempty"` // sealed: salt and verifier of the device's password; empty: it has none

	Address  string    // of the last sign-in
	Created  time.Time // when it was confirmed
	Modified time.Time
	Used     time.Time // when it last signed in
}

// Migration 0019.
var deviceTable = store.NewTable(store.Schema[Device]{
	Table: "user_pool_devices",
	Key: []store.Column[Device]{
		{Name: "pool_id", Value: func(d *Device) any { return d.PoolID }},
		{Name: "sub", Value: func(d *Device) any { return d.Sub }},
		{Name: "device_key", Value: func(d *Device) any { return d.Key }},
	},
})

const (
	devicesOfUser   = "pool_id = $1 and sub = $2"
	devicesAfter    = "pool_id = $1 and sub = $2 and device_key > $3 order by device_key limit $4"
	grantsOfADevice = "pool_id = $1 and sub = $2 and device = $3"
)
