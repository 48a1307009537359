package explain

import (
	"strconv"
	"strings"

	"portreeve/monitor/socket"
)

// Range is some ports, both ends included.
type Range struct{ Low, High uint16 }

// Has reports whether a port is in the range; the zero Range has none.
func (r Range) Has(port uint16) bool { return r.Low != 0 && r.Low <= port && port <= r.High }

// PortTable is what this computer says of port numbers.
type PortTable struct {
	// Services are the lines of the system's services file; nil for none.
	Services map[Service]string
	// Ephemeral is what the system hands out to programs that ask for any free
	// port; zero where it does not tell. Reserved it never hands out.
	Ephemeral Range
	Reserved  []Range
	// Unprivileged is the lowest port that any program may listen on; 0 where
	// it isn't told.
	Unprivileged uint16
}

// Service is a port of a protocol.
type Service struct {
	Port  uint16
	Proto socket.Proto
}

// name gives IANA's name of a port, from the system's file or else from the few
// that are carried along; empty where it has none.
func (p PortTable) name(s Service) string {
	if n := p.Services[s]; n != "" {
		return Clean(n, 30)
	}
	return assigned[s.Port]
}

// dynamic is what IANA leaves for temporary use (RFC 6335, section 6). macOS
// and Windows hand it out by default.
var dynamic = Range{49152, 65535}

// systemPorts end there (RFC 6335, section 6).
const systemPorts = 1023

// ParseServices reads a services(5) file. Lines that it can't read are passed
// over: a name that is missing harms nobody.
func ParseServices(text string) map[Service]string {
	all := map[Service]string{}
	for line := range strings.Lines(text) {
		line, _, _ = strings.Cut(line, "#")
		f := strings.Fields(line)
		if len(f) < 2 {
			continue
		}
		number, proto, _ := strings.Cut(f[1], "/")
		port, err := strconv.ParseUint(number, 10, 16)
		s := Service{Port: uint16(port), Proto: map[string]socket.Proto{"tcp": socket.TCP, "udp": socket.UDP}[proto]}
		if err != nil || port == 0 || s.Proto == 0 || all[s] != "" {
			continue
		}
		all[s] = f[0]
	}
	return all
}

// ParseRanges reads ip_local_reserved_ports (ip-sysctl): "8080,9000-9100". What
// it can't read is left out.
func ParseRanges(text string) []Range {
	var all []Range
	for part := range strings.SplitSeq(strings.TrimSpace(text), ",") {
		low, high, two := strings.Cut(part, "-")
		if !two {
			high = low
		}
		l, err := strconv.ParseUint(low, 10, 16)
		h, err2 := strconv.ParseUint(high, 10, 16)
		if err == nil && err2 == nil && l > 0 && l <= h {
			all = append(all, Range{uint16(l), uint16(h)})
		}
	}
	return all
}

// assigned are IANA's names of ports that people meet most, for systems whose
// services file is missing or short (Service Name and Transport Protocol Port
// Number Registry).
var assigned = map[uint16]string{
	20: "ftp-data", 21: "ftp", 22: "ssh", 23: "telnet", 25: "smtp", 53: "domain", 67: "bootps", 68: "bootpc", 69: "tftp",
	80: "http", 88: "kerberos", 110: "pop3", 111: "sunrpc", 119: "nntp", 123: "ntp", 135: "epmap", 137: "netbios-ns",
	138: "netbios-dgm", 139: "netbios-ssn", 143: "imap", 161: "snmp", 162: "snmptrap", 179: "bgp", 389: "ldap", 443: "https",
	445: "microsoft-ds", 465: "submissions", 500: "isakmp", 514: "syslog", 515: "printer", 546: "dhcpv6-client",
	547: "dhcpv6-server", 554: "rtsp", 587: "submission", 631: "ipp", 636: "ldaps", 853: "domain-s", 873: "rsync",
	989: "ftps-data", 990: "ftps", 993: "imaps", 995: "pop3s", 1080: "socks", 1194: "openvpn", 1433: "ms-sql-s",
	1434: "ms-sql-m", 1521: "ncube-lm", 1723: "pptp", 1883: "mqtt", 1900: "ssdp", 2049: "nfs", 2375: "docker",
	2376: "docker-s", 2377: "swarm", 2379: "etcd-client", 2380: "etcd-server", 3000: "hbci", 3128: "ndl-aas", 3260: "iscsi-target",
	3306: "mysql", 3389: "ms-wbt-server", 3478: "stun", 3690: "svn", 4369: "epmd", 4443: "pharos", 5000: "commplex-main",
	5060: "sip", 5061: "sips", 5222: "xmpp-client", 5269: "xmpp-server", 5353: "mdns", 5355: "llmnr", 5432: "postgresql",
	5671: "amqps", 5672: "amqp", 5683: "coap", 5900: "rfb", 5984: "couchdb", 6000: "x11", 6379: "redis", 6443: "sun-sr-https",
	6514: "syslog-tls", 6667: "ircu", 8000: "irdmi", 8008: "http-alt", 8080: "http-alt", 8086: "d-s-n", 8443: "pcsync-https",
	8883: "secure-mqtt", 8888: "ddi-tcp-1", 9000: "cslistener", 9042: "cassandra", 9090: "websm", 9092: "XmlIpcRegSvc", 9100: "pdl-datastream",
	9200: "wap-wsp", 9418: "git", 11211: "memcache", 27017: "mongodb", 33060: "mysqlx",
}

// customs are what else a port is mostly used for, whatever IANA calls it: for
// development a name such as "hbci" misleads.
var customs = map[uint16]string{
	1313: "Hugo", 1420: "Tauri", 2375: "Docker's API", 3000: "development servers (Node.js, Next.js, Rails)", 3001: "development servers",
	3306: "MySQL and MariaDB", 4000: "development servers (Phoenix, Jekyll)", 4200: "Angular's development server",
	4317: "OpenTelemetry", 4318: "OpenTelemetry", 4321: "Astro's development server", 5000: "Flask, and AirPlay on a Mac", 5173: "Vite's development server",
	4173: "Vite's preview", 5037: "the Android debug bridge", 5432: "PostgreSQL", 5555: "the Android emulator and Prisma Studio",
	5601: "Kibana", 5678: "the Python debugger debugpy", 6006: "Storybook and TensorBoard", 6274: "the MCP inspector", 6379: "Redis", 7860: "Gradio",
	8000: "development servers (Django, python3 -m http.server)", 8080: "web servers for development, and proxies", 8081: "Metro of React Native",
	8086: "InfluxDB", 8088: "web servers for development", 8123: "Home Assistant and ClickHouse", 8188: "ComfyUI", 8384: "Syncthing", 8443: "web servers with TLS", 8501: "Streamlit", 8787: "RStudio and wrangler",
	8888: "Jupyter", 9000: "PHP-FPM, MinIO, SonarQube", 9090: "Prometheus and Cockpit", 9092: "Kafka", 9100: "printers and Prometheus's node exporter",
	9200: "Elasticsearch", 9222: "the debugger of Chrome", 9229: "the debugger of Node.js", 11434: "Ollama", 19000: "Expo", 24678: "Vite's live reload",
	27017: "MongoDB", 35729: "LiveReload", 51820: "WireGuard", 54321: "Supabase",
}
