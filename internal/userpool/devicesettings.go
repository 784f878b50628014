package userpool

import "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"

// DeviceSettings say what devices are to a pool. A pool without any tracks none.
// https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-device-tracking.html
type DeviceSettings struct {
	StandIn bool // ChallengeRequiredOnNewDevice: a remembered device proves itself in the place of a second factor
	Ask     bool // DeviceOnlyRememberedOnUserPrompt: it is remembered when the user says so, not when it is confirmed
}

func deviceSettings(in *types.DeviceConfigurationType) *DeviceSettings {
	if in == nil {
		return nil
	}
	return &DeviceSettings{StandIn: in.ChallengeRequiredOnNewDevice, Ask: in.DeviceOnlyRememberedOnUserPrompt}
}

func (d *DeviceSettings) shape() *types.DeviceConfigurationType {
	if d == nil {
		return nil
	}
	return &types.DeviceConfigurationType{ChallengeRequiredOnNewDevice: d.StandIn, DeviceOnlyRememberedOnUserPrompt: d.Ask}
}

// devicesStandIn says whether a remembered device takes the place of a second factor.
func (p *Pool) devicesStandIn() bool { return p.Devices != nil && p.Devices.StandIn }
