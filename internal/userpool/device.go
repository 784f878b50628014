package userpool

import (
	"context"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"net/netip"
	"regexp"
	"slices"
	"time"
	"unicode/utf8"

	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"

	"github.com/sallyport/sallyport/internal/keyring"
	"github.com/sallyport/sallyport/internal/srp"
	"github.com/sallyport/sallyport/internal/store"
)

const (
	maxDeviceKey      = 55 // characters
	maxDeviceSalt     = 64 // bytes
	maxNameOfDevice   = 1024
	maxDevices        = 100 // of a user; the one that was not used for longest makes place
	groupDigits       = 8
	deviceGroupPrefix = "-"
)

var deviceKeyPattern = regexp.MustCompile(`^[\w-]+_[0-9a-f-]+$`)

func isDeviceKey(key string) bool {
	return len(key) <= maxDeviceKey && deviceKeyPattern.MatchString(key)
}

// deviceGroup is the DeviceGroupKey of a pool, which stands in the place of the
// pool's name when a device proves itself. It is the pool's own and never changes.
func (s *Service) deviceGroup(p *Pool) string {
	return deviceGroupPrefix + hex.EncodeToString(s.keys.MAC(keyring.Tokens, "device-group", p.ID))[:groupDigits]
}

func (s *Service) newDeviceKey(p *Pool) (string, error) {
	id, err := newUUID(s.random)
	return p.Region + "_" + id, err
}

// owner is what the device's secret is sealed for. It opens for no other device,
// user or pool.
func (d *Device) owner() string { return "device/" + d.PoolID + "/" + d.Sub + "/" + d.Key }

// identity is how the device goes into the arithmetic of SRP.
func (s *Service) deviceIdentity(p *Pool, d *Device) srp.Identity {
	return srp.Identity{Pool: s.deviceGroup(p), User: d.Key}
}

// sealDevice takes the salt and the verifier that a client made for its device.
func (s *Service) sealDevice(d *Device, in *types.DeviceSecretVerifierConfigType) error {
	if in == nil {
		return nil // tracked, but cannot prove itself
	}
	salt, err := base64.StdEncoding.DecodeString(deref(in.Salt))
	if err != nil || len(salt) == 0 || len(salt) > maxDeviceSalt {
		return invalid(textBadDeviceSecret)
	}
	given, err := base64.StdEncoding.DecodeString(deref(in.PasswordVerifier))
	if err != nil {
		return invalid(textBadDeviceSecret)
	}
	verifier, err := srp.ParseVerifier(given)
	if err != nil {
		return invalid(textBadDeviceSecret)
	}
	d.Secret, err = s.keys.Seal(keyring.Passwords, d.owner(), append(verifier, salt...))
	return err
}

// openDevice returns what sealDevice took.
func (s *Service) openDevice(d *Device) (salt, verifier []byte, err error) {
	kept, err := s.keys.Open(keyring.Passwords, d.owner(), d.Secret)
	if err != nil {
		return nil, nil, err
	}
	if len(kept) <= srp.NumberBytes {
		return nil, nil, errors.New("userpool: a device's secret is too short")
	}
	return kept[srp.NumberBytes:], kept[:srp.NumberBytes], nil
}

// findDevice returns the user's confirmed device of that key; nil is none.
func findDevice(ctx context.Context, from store.Session, u *User, key string) (*Device, error) {
	if !isDeviceKey(key) {
		return nil, nil
	}
	d, err := deviceTable.Get(ctx, from, u.PoolID, u.Sub, key)
	if errors.Is(err, store.ErrNotFound) {
		return nil, nil
	}
	return d, err
}

// confirmDevice keeps a device whose key was given to a sign-in that still lasts.
func (s *Service) confirmDevice(ctx context.Context, who *session, d *Device) error {
	return s.db.Write(ctx, func(tx *store.Tx) error {
		grants, err := grantTable.List(ctx, tx, grantsOfADevice, d.PoolID, d.Sub, d.Key)
		if err != nil {
			return err
		}
		if !slices.ContainsFunc(grants, func(g *Grant) bool { return g.gave(who) }) {
			return noDevice()
		}
		all, err := deviceTable.List(ctx, tx, devicesOfUser, d.PoolID, d.Sub)
		if err != nil {
			return err
		}
		if len(all) >= maxDevices && !slices.ContainsFunc(all, func(other *Device) bool { return other.Key == d.Key }) {
			oldest := slices.MinFunc(all, func(a, b *Device) int { return a.Used.Compare(b.Used) })
			if err := dropDevice(ctx, tx, oldest); err != nil {
				return err
			}
		}
		err = deviceTable.Insert(ctx, tx, d)
		if errors.Is(err, store.ErrExists) {
			return deviceExists()
		}
		return err
	})
}

// gave says whether the device key of this grant may be confirmed in a session:
// the key was made for that very sign-in, and neither was taken back.
func (g *Grant) gave(who *session) bool {
	return !g.DeviceKnown && !g.Revoked && !g.DeviceGone && g.ClientID == who.client.ID && g.Epoch == who.user.Epoch &&
		(who.origin == "" || who.origin == g.OriginID)
}

// forgetDevice removes a device and ends the refresh tokens of its sign-ins.
func (s *Service) forgetDevice(ctx context.Context, u *User, key string) error {
	return s.db.Write(ctx, func(tx *store.Tx) error {
		d, err := findDevice(ctx, tx, u, key)
		switch {
		case err != nil:
			return err
		case d == nil:
			return noDevice()
		}
		return dropDevice(ctx, tx, d)
	})
}

func dropDevice(ctx context.Context, tx *store.Tx, d *Device) error {
	grants, err := grantTable.List(ctx, tx, grantsOfADevice, d.PoolID, d.Sub, d.Key)
	if err != nil {
		return err
	}
	for _, g := range grants {
		if g.DeviceGone {
			continue
		}
		_, err := grantTable.Update(ctx, tx, func(g *Grant) error {
			g.DeviceGone = true
			return nil
		}, g.ID)
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			return err
		}
	}
	err = deviceTable.Delete(ctx, tx, d.PoolID, d.Sub, d.Key)
	if errors.Is(err, store.ErrNotFound) {
		return nil
	}
	return err
}

// changeDevice changes a device of the user.
func (s *Service) changeDevice(ctx context.Context, u *User, key string, change func(*Device)) error {
	if !isDeviceKey(key) {
		return noDevice()
	}
	_, err := deviceTable.Update(ctx, s.db, func(d *Device) error {
		change(d)
		return nil
	}, u.PoolID, u.Sub, key)
	if errors.Is(err, store.ErrNotFound) {
		return noDevice()
	}
	return err
}

func checkDeviceName(name *string) error {
	if name == nil {
		return nil
	}
	if n := utf8.RuneCountInString(*name); n < 1 || n > maxNameOfDevice || !utf8.ValidString(*name) {
		return invalid(textBadDeviceName)
	}
	return nil
}

// shape is the device as AWS shows it.
func (d *Device) shape(u *User, account, region string) *types.DeviceType {
	owner := u.Username + "." + d.PoolID
	remembered := string(types.DeviceRememberedStatusTypeNotRemembered)
	if d.Remembered {
		remembered = string(types.DeviceRememberedStatusTypeRemembered)
	}
	out := &types.DeviceType{DeviceKey: &d.Key, DeviceCreateDate: shown(d.Created), DeviceLastModifiedDate: shown(d.Modified), DeviceLastAuthenticatedDate: shown(d.Used)}
	for _, a := range [][2]string{
		{"device_status", "valid"},
		{"device_name", d.Name},
		{"dev:device_arn", "arn:aws:cognito-idp:" + region + ":" + account + ":owner/" + owner + "/device/" + d.Key},
		{"dev:device_owner", owner},
		{"last_ip_used", d.Address},
		{"dev:device_remembered_status", remembered},
	} {
		if a[1] != "" {
			out.DeviceAttributes = append(out.DeviceAttributes, types.AttributeType{Name: &a[0], Value: &a[1]})
		}
	}
	return out
}

func addressText(a netip.Addr) string {
	if !a.IsValid() {
		return ""
	}
	return a.Unmap().String()
}

func shown(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}
