# Third-party files that the image needs, brought to third_party/ by scripts/fetch_modules.sh.

BUSYBOX := third_party/busybox-static/busybox

$(BUSYBOX): scripts/third_party.tsv scripts/fetch_modules.sh
	$(call say,FETCH,$@)
	$(Q)scripts/fetch_modules.sh --quiet busybox-static
	$(Q)touch $@

.PHONY: fetch
fetch: ## all third-party files at their pinned versions
	$(Q)scripts/fetch_modules.sh
