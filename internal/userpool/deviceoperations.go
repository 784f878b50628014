package userpool

import (
	"context"

	idp "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"

	"github.com/sallyport/sallyport/internal/access"
	"github.com/sallyport/sallyport/internal/audit"
	"github.com/sallyport/sallyport/internal/awsapi"
)

// deviceOperations are those of devices, and of the refresh tokens that sign-ins
// on them go on with.
func (s *Service) deviceOperations() []awsapi.Operation {
	return []awsapi.Operation{
		awsapi.Op("GetTokensFromRefreshToken", awsapi.Public, s.GetTokensFromRefreshToken, awsapi.Require("RefreshToken", "ClientId")),
		awsapi.Op("ConfirmDevice", awsapi.Public, s.ConfirmDevice, awsapi.Require("AccessToken", "DeviceKey")),
		awsapi.Op("GetDevice", awsapi.Public, s.GetDevice, awsapi.Require("DeviceKey")),
		awsapi.Op("ListDevices", awsapi.Public, s.ListDevices, awsapi.Require("AccessToken")),
		awsapi.Op("UpdateDeviceStatus", awsapi.Public, s.UpdateDeviceStatus, awsapi.Require("AccessToken", "DeviceKey")),
		awsapi.Op("ForgetDevice", awsapi.Public, s.ForgetDevice, awsapi.Require("DeviceKey")),

		onPool(s, "AdminGetDevice", s.AdminGetDevice, func(in *idp.AdminGetDeviceInput) *string { return in.UserPoolId }, "Username", "DeviceKey"),
		onPool(s, "AdminListDevices", s.AdminListDevices, func(in *idp.AdminListDevicesInput) *string { return in.UserPoolId }, "Username"),
		onPool(s, "AdminUpdateDeviceStatus", s.AdminUpdateDeviceStatus, func(in *idp.AdminUpdateDeviceStatusInput) *string { return in.UserPoolId }, "Username", "DeviceKey"),
		onPool(s, "AdminForgetDevice", s.AdminForgetDevice, func(in *idp.AdminForgetDeviceInput) *string { return in.UserPoolId }, "Username", "DeviceKey"),
	}
}

// ConfirmDevice keeps the device that the bearer's sign-in was told the key of,
// with the verifier of a password that the device alone knows.
func (s *Service) ConfirmDevice(ctx context.Context, call *access.Call, in *idp.ConfirmDeviceInput) (*idp.ConfirmDeviceOutput, error) {
	who, err := s.onTracked(ctx, call, in.AccessToken)
	if err != nil {
		return nil, err
	}
	if err := checkDeviceName(in.DeviceName); err != nil {
		return nil, err
	}
	if !isDeviceKey(deref(in.DeviceKey)) {
		return nil, noDevice()
	}
	d := &Device{
		PoolID: who.pool.ID, Sub: who.user.Sub, Key: *in.DeviceKey, Name: deref(in.DeviceName), Remembered: !who.pool.Devices.Ask,
		Address: addressText(call.Source), Created: call.Time, Modified: call.Time, Used: call.Time,
	}
	if err := s.sealDevice(d, in.DeviceSecretVerifierConfig); err != nil {
		return nil, err
	}
	if err := s.confirmDevice(ctx, who, d); err != nil {
		return nil, s.refused(call, "device", err)
	}
	call.Record.Note("device", audit.Passed, "confirmed "+d.Key, call.Time)
	return &idp.ConfirmDeviceOutput{UserConfirmationNecessary: who.pool.Devices.Ask}, nil
}

// onTracked proves an access token, of a pool that tracks devices.
func (s *Service) onTracked(ctx context.Context, call *access.Call, token *string) (*session, error) {
	who, err := s.authenticate(ctx, call, deref(token))
	if err != nil {
		return nil, err
	}
	return who, who.pool.tracks()
}

func (p *Pool) tracks() error {
	if p.Devices == nil {
		text := textNoTracking
		return &types.InvalidUserPoolConfigurationException{Message: &text}
	}
	return nil
}

// GetDevice shows the bearer of an access token one of their devices.
func (s *Service) GetDevice(ctx context.Context, call *access.Call, in *idp.GetDeviceInput) (*idp.GetDeviceOutput, error) {
	who, err := s.onTracked(ctx, call, in.AccessToken)
	if err != nil {
		return nil, err
	}
	d, err := s.showDevice(ctx, who.pool, who.user, in.DeviceKey)
	return &idp.GetDeviceOutput{Device: d}, err
}

// AdminGetDevice shows a device of a user.
func (s *Service) AdminGetDevice(ctx context.Context, call *access.Call, in *idp.AdminGetDeviceInput) (*idp.AdminGetDeviceOutput, error) {
	p, u, err := s.userOnTracked(ctx, call, in.UserPoolId, in.Username)
	if err != nil {
		return nil, err
	}
	d, err := s.showDevice(ctx, p, u, in.DeviceKey)
	return &idp.AdminGetDeviceOutput{Device: d}, err
}

func (s *Service) userOnTracked(ctx context.Context, call *access.Call, poolID, name *string) (*poolState, *User, error) {
	p, u, err := s.user(ctx, call, poolID, name)
	if err != nil {
		return nil, nil, err
	}
	return p, u, p.tracks()
}

func (s *Service) showDevice(ctx context.Context, p *poolState, u *User, key *string) (*types.DeviceType, error) {
	d, err := findDevice(ctx, s.db, u, deref(key))
	switch {
	case err != nil:
		return nil, err
	case d == nil:
		return nil, noDevice()
	}
	return d.shape(u, s.account, p.Region), nil
}

// ListDevices pages through the devices of the bearer of an access token.
func (s *Service) ListDevices(ctx context.Context, call *access.Call, in *idp.ListDevicesInput) (*idp.ListDevicesOutput, error) {
	who, err := s.onTracked(ctx, call, in.AccessToken)
	if err != nil {
		return nil, err
	}
	list, next, err := s.listDevices(ctx, who.pool, who.user, in.PaginationToken, in.Limit)
	return &idp.ListDevicesOutput{Devices: list, PaginationToken: next}, err
}

// AdminListDevices pages through the devices of a user.
func (s *Service) AdminListDevices(ctx context.Context, call *access.Call, in *idp.AdminListDevicesInput) (*idp.AdminListDevicesOutput, error) {
	p, u, err := s.userOnTracked(ctx, call, in.UserPoolId, in.Username)
	if err != nil {
		return nil, err
	}
	list, next, err := s.listDevices(ctx, p, u, in.PaginationToken, in.Limit)
	return &idp.AdminListDevicesOutput{Devices: list, PaginationToken: next}, err
}

func (s *Service) listDevices(ctx context.Context, p *poolState, u *User, token *string, limit *int32) ([]types.DeviceType, *string, error) {
	page, err := s.openPage("ListDevices", u.owner(), token, limit)
	if err != nil {
		return nil, nil, err
	}
	rows, err := deviceTable.List(ctx, s.db, devicesAfter, u.PoolID, u.Sub, page.After, page.Fetch())
	if err != nil {
		return nil, nil, err
	}
	rows, next := awsapi.Turn(page, rows, func(d *Device) string { return d.Key })
	list := make([]types.DeviceType, len(rows))
	for i, d := range rows {
		list[i] = *d.shape(u, s.account, p.Region)
	}
	return list, next, nil
}

// UpdateDeviceStatus says whether one of the bearer's devices is remembered.
func (s *Service) UpdateDeviceStatus(ctx context.Context, call *access.Call, in *idp.UpdateDeviceStatusInput) (*idp.UpdateDeviceStatusOutput, error) {
	who, err := s.onTracked(ctx, call, in.AccessToken)
	if err != nil {
		return nil, err
	}
	return &idp.UpdateDeviceStatusOutput{}, s.setDeviceStatus(ctx, call, who.user, deref(in.DeviceKey), in.DeviceRememberedStatus)
}

// AdminUpdateDeviceStatus says whether a device of a user is remembered.
func (s *Service) AdminUpdateDeviceStatus(ctx context.Context, call *access.Call, in *idp.AdminUpdateDeviceStatusInput) (*idp.AdminUpdateDeviceStatusOutput, error) {
	_, u, err := s.userOnTracked(ctx, call, in.UserPoolId, in.Username)
	if err != nil {
		return nil, err
	}
	return &idp.AdminUpdateDeviceStatusOutput{}, s.setDeviceStatus(ctx, call, u, deref(in.DeviceKey), in.DeviceRememberedStatus)
}

func (s *Service) setDeviceStatus(ctx context.Context, call *access.Call, u *User, key string, status types.DeviceRememberedStatusType) error {
	switch status {
	case types.DeviceRememberedStatusTypeRemembered, types.DeviceRememberedStatusTypeNotRemembered:
	default:
		return invalid(textBadDeviceStatus)
	}
	err := s.changeDevice(ctx, u, key, func(d *Device) {
		d.Remembered, d.Modified = status == types.DeviceRememberedStatusTypeRemembered, call.Time
	})
	if err != nil {
		return s.refused(call, "device", err)
	}
	call.Record.Note("device", audit.Passed, key+" is "+string(status), call.Time)
	return nil
}

// ForgetDevice removes one of the bearer's devices; its sign-ins cannot be
// refreshed any more.
func (s *Service) ForgetDevice(ctx context.Context, call *access.Call, in *idp.ForgetDeviceInput) (*idp.ForgetDeviceOutput, error) {
	who, err := s.onTracked(ctx, call, in.AccessToken)
	if err != nil {
		return nil, err
	}
	if err := s.forgetDevice(ctx, who.user, deref(in.DeviceKey)); err != nil {
		return nil, s.refused(call, "device", err)
	}
	call.Record.Note("device", audit.Passed, "forgot "+deref(in.DeviceKey), call.Time)
	return &idp.ForgetDeviceOutput{}, nil
}

// AdminForgetDevice removes a device of a user; its sign-ins cannot be refreshed
// any more.
func (s *Service) AdminForgetDevice(ctx context.Context, call *access.Call, in *idp.AdminForgetDeviceInput) (*idp.AdminForgetDeviceOutput, error) {
	_, u, err := s.userOnTracked(ctx, call, in.UserPoolId, in.Username)
	if err != nil {
		return nil, err
	}
	if err := s.forgetDevice(ctx, u, deref(in.DeviceKey)); err != nil {
		return nil, s.refused(call, "device", err)
	}
	return &idp.AdminForgetDeviceOutput{}, nil
}
