package template

import (
	"context"
	"errors"
	"strings"
)

// logGroupType is where a stage's access log goes. It is a name and no more:
// the file comes with the first line, and stays when the stack goes, for it is
// evidence. Functions' logs go to no log group, so one for them is refused.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-logs-loggroup.html
var logGroupType = &resourceType{
	name: "AWS::Logs::LogGroup",
	properties: fields{
		"LogGroupName":    str.replaces(),
		"RetentionInDays": integer.without("access logs stay until somebody removes them"),
		"LogGroupClass":   noEffect("there is one class"), "Tags": noEffect("tags are not kept for log groups"),
		"KmsKeyId":             unsupported("access logs are not encrypted by keys of your own"),
		"DataProtectionPolicy": unsupported("access logs are not masked afterwards: leave out of the format what must not be there"),
	},
	attributes: []string{"Arn"},
	create: func(_ context.Context, w *work) error {
		name := w.physicalName("LogGroupName", 512)
		if strings.HasPrefix(name, "/aws/lambda/") {
			return errors.New("functions' logs are kept by the server and go to no log group; give it a Condition that is false here")
		}
		w.row.PhysicalID = name
		w.row.Attributes = map[string]string{"Arn": "arn:aws:logs:" + w.region + ":" + w.env.pseudo["AWS::AccountId"].text + ":log-group:" + name + ":*"}
		return nil
	},
	update: func(context.Context, *work) error { return nil },
	remove: func(context.Context, *work) error { return nil },
}
