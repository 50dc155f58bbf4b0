<?php

/**
 * Takes the plugin's traces out of the site, and those of its Keydesk bridge.
 */

defined('WP_UNINSTALL_PLUGIN') || exit;

delete_option('acme_gallery');
require __DIR__ . '/keydesk/uninstall.php';
