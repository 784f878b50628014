package userpool

import (
	"context"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"

	"github.com/sallyport/sallyport/internal/access"
	"github.com/sallyport/sallyport/internal/audit"
	"github.com/sallyport/sallyport/internal/keyring"
	"github.com/sallyport/sallyport/internal/srp"
	"github.com/sallyport/sallyport/internal/store"
)

// deviceExchange is a device's proof between its two calls. The client carries it,
// sealed for the session that goes with it.
type deviceExchange struct {
	Public []byte // A
	Offer  srp.Offer
}

// FactorDevice is a remembered device that proved itself, where one stands in
// for a second factor.
const FactorDevice Factor = "DEVICE_PASSWORD_VERIFIER"

// noteDevice takes the device that the client says it is. It is believed for
// nothing but what is asked of it next.
func (a *attempt) noteDevice() {
	if key := a.deviceKey(); key != "" && a.progress.DeviceProved == "" {
		a.progress.DeviceKey = key
	}
}

// deviceKey is DEVICE_KEY of the call, if it can be one.
func (a *attempt) deviceKey() string {
	if key := a.parameters["DEVICE_KEY"]; isDeviceKey(key) {
		return key
	}
	return ""
}

// knownDevice lets a remembered device prove itself, in the place of a second
// factor. A key that is not one of the user's remembered devices asks for nothing
// and spares nothing: the second factor is asked for as if it had not been sent.
func (s *Service) knownDevice(ctx context.Context, call *access.Call, a attempt, u *User) (*answered, error) {
	if !a.pool.devicesStandIn() || a.progress.DeviceKey == "" || a.progress.Second != "" {
		return nil, nil
	}
	d, err := findDevice(ctx, s.db, u, a.progress.DeviceKey)
	if err != nil || d == nil || !d.Remembered || len(d.Secret) == 0 {
		return nil, err
	}
	if err := s.secondLocked(ctx, a, u, latest(call.Time, s.clock.Now())); err != nil {
		return nil, s.refused(call, "device", err)
	}
	session, err := s.openChallenge(ctx, a, u, types.ChallengeNameTypeDeviceSrpAuth, call.Time)
	if err != nil {
		return nil, err
	}
	return &answered{
		challenge: types.ChallengeNameTypeDeviceSrpAuth, session: session,
		parameters: map[string]string{"DEVICE_KEY": d.Key, "USERNAME": u.Username},
	}, nil
}

// deviceOf is the device of the challenge, if it is still good and the answer names it.
func (s *Service) deviceOf(ctx context.Context, a attempt, r reply) (*Device, error) {
	switch key := a.parameters["DEVICE_KEY"]; {
	case key == "":
		return nil, invalid(textMissing("DEVICE_KEY"))
	case key != r.challenge.Progress.DeviceKey:
		return nil, notAuthorized(textWrongPassword)
	}
	d, err := findDevice(ctx, s.db, r.user, r.challenge.Progress.DeviceKey)
	switch {
	case err != nil:
		return nil, err
	case d == nil || !d.Remembered || len(d.Secret) == 0 || !a.pool.devicesStandIn(): // forgotten since
		return nil, noDevice()
	}
	return d, nil
}

// offerDeviceSRP answers DEVICE_SRP_AUTH: the first half of a device's proof.
func (s *Service) offerDeviceSRP(ctx context.Context, call *access.Call, a attempt, r reply) (*answered, error) {
	if a.parameters["SRP_A"] == "" {
		return nil, invalid(textMissing("SRP_A"))
	}
	public, err := srp.ParseNumber(a.parameters["SRP_A"])
	if err != nil {
		return nil, invalid(textBadSRPA)
	}
	d, err := s.deviceOf(ctx, a, r)
	if err != nil {
		return nil, err
	}
	salt, verifier, err := s.openDevice(d)
	if err != nil {
		return nil, err
	}
	if err := useChallenge(ctx, s.db, r.challenge); err != nil {
		return nil, err
	}
	done, err := s.passwords.turn(ctx)
	if err != nil {
		return nil, err
	}
	offer, err := srp.NewOffer(s.random, verifier)
	done()
	if err != nil {
		return nil, err
	}
	session, err := s.openChallenge(ctx, a, r.user, types.ChallengeNameTypeDevicePasswordVerifier, call.Time)
	if err != nil {
		return nil, err
	}
	plain, err := json.Marshal(deviceExchange{Public: public, Offer: offer})
	if err != nil {
		return nil, err
	}
	block, err := s.keys.Seal(keyring.Tokens, s.deviceBlockOwner(d, session), plain)
	if err != nil {
		return nil, err
	}
	return &answered{
		challenge: types.ChallengeNameTypeDevicePasswordVerifier, session: session,
		parameters: map[string]string{
			"SALT":         hex.EncodeToString(salt),
			"SRP_B":        hex.EncodeToString(offer.Public),
			"SECRET_BLOCK": base64.StdEncoding.EncodeToString(block),
			"DEVICE_KEY":   d.Key,
			"USERNAME":     r.user.Username,
		},
	}, nil
}

// deviceBlockOwner binds a block to its device and to the one session that may
// come back with it.
func (s *Service) deviceBlockOwner(d *Device, session string) string {
	return "srp/" + d.owner() + "/" + s.challengeID(session)
}

// proveDevice answers DEVICE_PASSWORD_VERIFIER. A device has one try for each
// first factor that was proved, and its failures count like wrong passwords.
func (s *Service) proveDevice(ctx context.Context, call *access.Call, a attempt, r reply) (*answered, error) {
	claim, err := a.passwordClaim()
	if err != nil {
		return nil, err
	}
	if err := s.inTime(claim); err != nil {
		return nil, err
	}
	d, err := s.deviceOf(ctx, a, r)
	if err != nil {
		return nil, err
	}
	// Who guesses here may have the password, which must not clear the count.
	g := s.secondGuessesFor(a.pool.ID, r.user.NameKey, a.address, true)
	u, err := s.guessSecond(ctx, g, call.Time, func(time.Time) (u *User, wrong bool, err error) {
		u, err = s.guess(ctx, call, a, r.user, r.user.NameKey, func() (bool, error) {
			// Before anything is computed with its secret, so that there is one answer to it.
			if err := useChallenge(ctx, s.db, r.challenge); err != nil {
				return false, err
			}
			right, err := s.deviceHolds(ctx, a.pool.Pool, d, r.session, claim.proof, claim.block, srp.FormatTime(claim.at))
			wrong = err == nil && !right
			return right, err
		})
		return u, wrong, err
	})
	if err != nil {
		return nil, err
	}
	call.Record.Note("device", audit.Passed, d.Key, call.Time)
	a.progress.DeviceProved, a.progress.Second = d.Key, FactorDevice
	return s.next(ctx, call, a, u)
}

// deviceHolds does the arithmetic.
func (s *Service) deviceHolds(ctx context.Context, p *Pool, d *Device, session string, proof, block []byte, timestamp string) (bool, error) {
	plain, err := s.keys.Open(keyring.Tokens, s.deviceBlockOwner(d, session), block)
	if errors.Is(err, keyring.ErrUnreadable) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	var e deviceExchange
	if err := json.Unmarshal(plain, &e); err != nil {
		return false, err
	}
	_, verifier, err := s.openDevice(d)
	if err != nil {
		return false, err
	}
	done, err := s.passwords.turn(ctx)
	if err != nil {
		return false, err
	}
	defer done()
	key, err := e.Offer.Key(verifier, e.Public)
	if err != nil {
		return false, err
	}
	return key.Proves(proof, s.deviceIdentity(p, d), block, timestamp), nil
}

// sessionDevice is the device that a sign-in is on.
type sessionDevice struct {
	key    string // "": the pool tracks none
	proved bool   // the device proved itself, or was given its key by this sign-in
	new    bool   // the client is to be told the key
	claim  bool   // the access token names it
}

// deviceOfSignIn is the device that a sign-in ends on: the one that proved itself,
// the one that the client named, if it is the user's, or a new one.
func (s *Service) deviceOfSignIn(ctx context.Context, a attempt, u *User, now time.Time) (sessionDevice, error) {
	if a.pool.Devices == nil {
		return sessionDevice{}, nil
	}
	if key := a.progress.DeviceKey; key != "" {
		proved := a.progress.DeviceProved == key
		remembered := false
		err := s.changeDevice(ctx, u, key, func(d *Device) {
			d.Used, d.Address, remembered = now, addressText(a.address), d.Remembered
		})
		if err == nil && proved && !remembered {
			err = noDevice()
		}
		if err == nil {
			return sessionDevice{key: key, proved: proved, claim: proved}, nil
		}
		if !isRefusal(err) || proved { // forgotten since: its proof stood in for a second factor
			return sessionDevice{}, err
		}
	}
	key, err := s.newDeviceKey(a.pool.Pool)
	return sessionDevice{key: key, proved: true, new: true}, err
}

// claimed is the key that the access token names.
func (d sessionDevice) claimed() string {
	if !d.claim {
		return ""
	}
	return d.key
}

// deviceMetadata is what a client is told of a new device.
func (s *Service) deviceMetadata(p *Pool, d sessionDevice) *types.NewDeviceMetadataType {
	if !d.new {
		return nil
	}
	return &types.NewDeviceMetadataType{DeviceKey: &d.key, DeviceGroupKey: ptr(s.deviceGroup(p))}
}

// deviceOfGrant checks the device of a refresh: the key of a device that was
// confirmed must come with the refresh token. It returns the key that the access
// token names, if any.
func (s *Service) deviceOfGrant(ctx context.Context, p *Pool, g *Grant, shown string) (claim string, err error) {
	switch {
	case g.DeviceGone:
		return "", notAuthorized(textRefreshInvalid)
	case g.Device == "" || p.Devices == nil:
		return "", nil
	}
	d, err := deviceTable.Get(ctx, s.db, g.PoolID, g.Sub, g.Device)
	switch {
	case errors.Is(err, store.ErrNotFound) && !g.DeviceKnown: // not confirmed yet
		return "", nil
	case errors.Is(err, store.ErrNotFound): // forgotten while the sign-in was under way
		return "", notAuthorized(textRefreshInvalid)
	case err != nil:
		return "", err
	case shown != g.Device:
		return "", notAuthorized(textRefreshInvalid)
	case d.Remembered && g.DeviceProved:
		return d.Key, nil
	}
	return "", nil
}
