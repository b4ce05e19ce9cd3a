// Loads files of Compose as Compose does, with the variables of an env file, and says what is wrong with the services.
package main

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/compose-spec/compose-go/v2/cli"
)

func main() {
	options, err := cli.NewProjectOptions(os.Args[2:], cli.WithOsEnv, cli.WithEnvFiles(os.Args[1]), cli.WithDotEnv)
	if err == nil {
		err = check(options)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func check(options *cli.ProjectOptions) error {
	project, err := options.LoadProject(context.Background())
	if err != nil {
		return err
	}
	for name, service := range project.Services {
		user := strings.Split(service.User, ":")[0]
		if user == "" || user == "0" || user == "root" || !service.ReadOnly || !slices.Contains(service.CapDrop, "ALL") {
			return fmt.Errorf("%s may do more than it has to", name)
		}
		if service.Image == "" || service.Privileged {
			return fmt.Errorf("%s has no image, or all rights", name)
		}
		for _, secret := range service.Secrets {
			if _, err := os.Stat(project.Secrets[secret.Source].File); err != nil {
				return err
			}
		}
		if service.Build != nil {
			if _, err := os.Stat(service.Build.AdditionalContexts["sdk"]); err != nil {
				return err
			}
		}
	}
	fmt.Println(strings.Join(project.ServiceNames(), " "))
	return nil
}
