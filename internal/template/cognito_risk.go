package template

import (
	"context"

	cognito "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
)

// everyClient is the ClientId of a risk configuration that is the pool's own.
const everyClient = "ALL"

var (
	takeoverAction = records(fields{"EventAction": str.must(), "Notify": flag.must()})

	// riskConfigurationType takes the form of AWS; what nothing here acts upon the
	// service refuses by name.
	// https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-cognito-userpoolriskconfigurationattachment.html
	riskConfigurationType = &resourceType{
		name: "AWS::Cognito::UserPoolRiskConfigurationAttachment",
		properties: fields{
			"UserPoolId": str.must().replaces(), "ClientId": str.must().replaces(),
			"CompromisedCredentialsRiskConfiguration": records(fields{"Actions": records(fields{"EventAction": str.must()}).must(), "EventFilter": strs}),
			"AccountTakeoverRiskConfiguration": records(fields{
				"Actions":             records(fields{"LowAction": takeoverAction, "MediumAction": takeoverAction, "HighAction": takeoverAction}).must(),
				"NotifyConfiguration": unsupported("nobody is told of a risk by mail"),
			}),
			"RiskExceptionConfiguration": records(fields{"BlockedIPRangeList": strs, "SkippedIPRangeList": strs}),
		},
		identity: []string{"UserPoolId", "ClientId"},
		create:   setRisk, update: setRisk, remove: removeRisk,
		// Taking away a configuration that is not there changes nothing.
		find: func(_ context.Context, w *work) (bool, error) {
			w.riskIs()
			return true, nil
		},
	}
)

// setRisk replaces the whole configuration, so it can be run again.
func setRisk(ctx context.Context, w *work) error {
	var in cognito.SetRiskConfigurationInput
	if err := into(w.properties, &in); err != nil {
		return err
	}
	if w.text("ClientId") == everyClient {
		in.ClientId = nil
	}
	if err := run(ctx, w.deploy, cognitoIDP, "SetRiskConfiguration", &in); err != nil {
		return err
	}
	w.riskIs()
	return nil
}

func (w *work) riskIs() {
	pool, client := w.text("UserPoolId"), w.text("ClientId")
	w.row.PhysicalID = pool + "|" + client
	w.row.Handles = map[string]string{"UserPoolId": pool, "ClientId": client}
}

func removeRisk(ctx context.Context, w *work) error {
	in := &cognito.SetRiskConfigurationInput{UserPoolId: ptr(w.row.Handles["UserPoolId"])}
	if client := w.row.Handles["ClientId"]; client != everyClient {
		in.ClientId = &client
	}
	err := unlessGone(run(ctx, w.deploy, cognitoIDP, "SetRiskConfiguration", in))
	if hasCode(err, "UserPoolAddOnNotEnabledException") { // switched off: it is in force nowhere
		return nil
	}
	return err
}
