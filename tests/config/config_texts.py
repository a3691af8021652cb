"""Texts of configs, to be made longer or wrong."""

PASSWORD = "hunter2-swordfish"
CHART = 'chart: {url: "https://charts.example.org", username: bridge, password_file: pw}\n'
PRACTICE = "- {name: a, guid: aB3dE5fG7hI9jK1lM3, mapping: m.yaml, time_zone: America/Tijuana}\n"
GOOD = f"{CHART}practices:\n{PRACTICE}"
