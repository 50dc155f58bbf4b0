<?php

/**
 * Plugin Name: Acme Gallery
 * Description: Shows pictures of the media library as a tidy gallery: [acme_gallery ids="1,2,3"]. The example plugin of Keydesk.
 * Version: 1.2.0
 * Requires at least: 6.1
 * Requires PHP: 7.4
 * Author: Acme
 * License: MIT
 * Text Domain: acme-gallery
 */

namespace Acme\Gallery;

defined('ABSPATH') || exit;

const OPTION = 'acme_gallery';

require_once __DIR__ . '/keydesk/bootstrap.php';
$acme_keydesk = \Acme\Keydesk\Bridge\boot(__FILE__, array(
	'menu' => 'acme-gallery',
));

require_once __DIR__ . '/gallery.php';
require_once __DIR__ . '/settings.php';

(new Gallery($acme_keydesk))->hook();
(new Settings($acme_keydesk))->hook();
