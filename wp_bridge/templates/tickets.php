<?php

/**
 * All tickets of this site that this person may see.
 */

defined('ABSPATH') || exit;

$html = $view['html'];
?>
<p class="kd-crumbs"><?php echo $html->link(__('Help', 'keydesk-bridge'), 'help'); ?> / <?php esc_html_e('My tickets', 'keydesk-bridge'); ?></p>
<section>
	<h2 class="screen-reader-text"><?php esc_html_e('My tickets', 'keydesk-bridge'); ?></h2>
	<?php $view['show']('waiting', $view); ?>
	<div class="kd-list" aria-live="off">
		<?php if ($view['tickets'] === array() && $view['waiting'] === array()) : ?>
			<p><?php esc_html_e('You have not asked anything yet. Your questions and our answers will stand here.', 'keydesk-bridge'); ?></p>
		<?php else : ?>
			<?php $view['show']('rows', $view); ?>
		<?php endif; ?>
	</div>
	<div class="kd-foot">
		<?php echo $html->link(__('Contact', 'keydesk-bridge'), 'contact', array(), 'button button-primary'); ?>
		<?php if ($view['connected']) : ?>
			<?php echo $html->open('tickets', array(), 'kd-refresh'); ?><button class="button"><?php esc_html_e('Look for answers', 'keydesk-bridge'); ?></button></form>
		<?php endif; ?>
	</div>
</section>
