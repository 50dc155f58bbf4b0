<?php

/**
 * A site of a network: the license is the network's, and so are its buttons.
 */

defined('ABSPATH') || exit;

?>
<section>
	<h2><?php echo esc_html($view['words']->states()[$view['state']] ?? $view['state']); ?></h2>
	<p><?php esc_html_e('The license is the whole network’s. The administrator of the network looks after it in Network Admin.', 'keydesk-bridge'); ?></p>
	<p class="description"><?php echo esc_html($view['explained']); ?></p>
</section>
