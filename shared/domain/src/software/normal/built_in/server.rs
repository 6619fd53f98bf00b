//! Server software as Linux packages: databases, web servers and others that a list is asked about.

use super::row::{LINUX, PACKAGES, Row, re, row};

// One row, one line: a table is read down its columns.
#[rustfmt::skip]
pub(super) const ROWS: &[Row] = &[
    row("postgresql", re(r"^(?:postgresql(?:-(\d+))?|postgresql(\d+)?-server|postgresql (\d+))$"), "PostgreSQL Global Development Group", "PostgreSQL", "postgresql-15|15.6-0+deb12u1").free(),
    row("postgresql-parts", re(r"^postgresql(?:\d+)?(?:-client|-contrib|-common|-doc|-libs|-plpython|-private-libs)"), "PostgreSQL Global Development Group", "PostgreSQL", "postgresql-client-15|15.6-0+deb12u1").on(PACKAGES).edition("Components").child(),
    row("edb-postgres", re(r"^(?:edb-as\d+-server$|edb postgres advanced server)"), "EnterpriseDB", "Postgres Advanced Server", "edb-as15-server|15.6.0-1.el9"),
    row("mariadb", re(r"^(?:mariadb-server(?:-\d+\.\d+)?|mariadb-server-core(?:-[\d.]+)?|mariadb(?: [\d.]+)?)$"), "MariaDB Foundation", "MariaDB", "mariadb-server|1:10.11.6-0+deb12u1").free(),
    row("mongodb-enterprise", re(r"^mongodb-enterprise-server$"), "MongoDB", "MongoDB", "mongodb-enterprise-server|7.0.5").on(PACKAGES).edition("Enterprise"),
    row("mongodb", re(r"^(?:mongodb-org-server|mongodb-server|mongodb [\d.]+)"), "MongoDB", "MongoDB", "mongodb-org-server|7.0.5").edition("Community").free(),
    row("redis", re(r"^(?:redis|redis-server|redis-tools)$"), "Redis", "Redis", "redis-server|5:7.0.15-1~deb12u1").on(LINUX).free(),
    row("apache-httpd", re(r"^(?:apache2|apache2-bin|httpd|httpd-core)$"), "Apache Software Foundation", "HTTP Server", "apache2|2.4.57-2").on(PACKAGES).free(),
    row("apache-tomcat", re(r"^(?:tomcat\d*|apache tomcat .*)$"), "Apache Software Foundation", "Tomcat", "tomcat10|10.1.6-1").free(),
    row("apache-kafka", re(r"^(?:confluent-kafka|kafka)$"), "Apache Software Foundation", "Kafka", "kafka|3.6.1").on(LINUX).free(),
    row("nginx-plus", re(r"^nginx-plus$"), "F5", "NGINX Plus", "nginx-plus|31-1").on(PACKAGES),
    row("nginx", re(r"^nginx(?:-core|-full|-light|-extras|-common)?$"), "F5", "NGINX", "nginx|1.22.1-9").on(LINUX).free(),
    row("haproxy", re(r"^haproxy$"), "HAProxy Technologies", "HAProxy", "haproxy|2.6.12-1+deb12u1").on(PACKAGES).free(),
    row("rabbitmq", re(r"^rabbitmq[- ]server"), "Broadcom", "RabbitMQ", "rabbitmq-server|3.12.13-1").free(),
    row("openssh", re(r"^openssh(?:-server|-client|-clients|-sftp-server)?$"), "OpenBSD Project", "OpenSSH", "openssh-server|1:9.2p1-2+deb12u3").on(PACKAGES).free(),
    row("openssl", re(r"^openssl(?: .*)?$"), "OpenSSL", "OpenSSL", "openssl|3.0.11-1~deb12u2").free(),
    row("samba", re(r"^samba(?:-common|-common-bin|-common-tools)?$"), "Samba Team", "Samba", "samba|2:4.17.12+dfsg-0+deb12u1").on(PACKAGES).free(),
    row("bind", re(r"^(?:bind9|bind)(?:-host|-utils|-dnsutils)?$"), "Internet Systems Consortium", "BIND", "bind9|1:9.18.24-1").on(PACKAGES).free(),
    row("postfix", re(r"^postfix$"), "Wietse Venema", "Postfix", "postfix|3.7.10-0+deb12u1").on(PACKAGES).free(),
    row("php", re(r"^php(?:\d+\.\d+)?(?:-fpm|-cli|-common)?$"), "The PHP Group", "PHP", "php8.2-fpm|8.2.7-1~deb12u1").on(PACKAGES).free(),
    row("kubernetes", re(r"^(?:kubectl|kubelet|kubeadm|microk8s)$"), "Cloud Native Computing Foundation", "Kubernetes", "kubelet|1.29.2-1.1").on(LINUX).free(),
    row("podman", re(r"^(?:podman|buildah|skopeo)$"), "Red Hat", "Podman", "podman|4.3.1").on(LINUX).free(),
    row("ansible", re(r"^ansible(?:-core)?$"), "Red Hat", "Ansible", "ansible-core|2.14.3-1").on(PACKAGES).free(),
    row("qemu", re(r"^(?:qemu-kvm|qemu-system-\w+|qemu-utils)$"), "QEMU", "QEMU", "qemu-system-x86|1:7.2+dfsg-7+deb12u5").on(PACKAGES).free(),
    row("grafana-enterprise", re(r"^grafana-enterprise$"), "Grafana Labs", "Grafana", "grafana-enterprise|10.3.3").on(PACKAGES).edition("Enterprise"),
    row("grafana", re(r"^grafana$"), "Grafana Labs", "Grafana", "grafana|10.3.3").on(LINUX).free(),
    row("prometheus", re(r"^prometheus(?:-node-exporter|-alertmanager)?$"), "Cloud Native Computing Foundation", "Prometheus", "prometheus|2.42.0").on(LINUX).free(),
    row("jenkins", re(r"^jenkins(?: .*)?$"), "Jenkins Project", "Jenkins", "jenkins|2.440.1").free(),
    row("zabbix-agent", re(r"^zabbix[- ]agent2?"), "Zabbix", "Agent", "zabbix-agent2|1:6.4.12-1").free(),
    row("datadog-agent", re(r"^datadog[- ]agent$"), "Datadog", "Agent", "datadog-agent|1:7.51.0-1"),
    row("dynatrace-oneagent", re(r"^dynatrace oneagent"), "Dynatrace", "OneAgent", "Dynatrace OneAgent"),
    row("newrelic-agent", re(r"^(?:newrelic-infra|new relic infrastructure agent)$"), "New Relic", "Infrastructure Agent", "newrelic-infra|1.48.4"),
    row("puppet-agent", re(r"^puppet[- ]agent"), "Perforce", "Puppet Agent", "puppet-agent|8.4.0-1bookworm").free(),
    row("glpi-agent", re(r"^(?:glpi[- ]agent|fusioninventory[- ]agent|ocs inventory|ocsinventory-agent)"), "{publisher}", "{name}", "GLPI Agent 1.7||Teclib'").free(),
];
