package monitor

import "os"

// OnBattery reports that the computer runs on its battery.
func OnBattery() (bool, error) { return onBattery(os.DirFS("/sys/class/power_supply")) }
