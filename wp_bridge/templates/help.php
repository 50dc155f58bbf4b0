<?php

/**
 * The help home: ask, read, and follow what was asked.
 */

defined('ABSPATH') || exit;

$html = $view['html'];
$from = $view['from'] === '' ? array() : array('from' => $view['from']);
?>
<div class="kd-split">
	<div>
		<section>
			<h2><?php esc_html_e('My tickets', 'keydesk-bridge'); ?></h2>
			<?php if ($view['tickets'] === array() && $view['waiting'] === array()) : ?>
				<p><?php esc_html_e('You have not asked anything yet. Your questions and our answers will stand here.', 'keydesk-bridge'); ?></p>
			<?php else : ?>
				<?php $view['show']('waiting', $view); ?>
				<?php $view['show']('rows', $view); ?>
				<p><?php echo $html->link(__('All tickets', 'keydesk-bridge'), 'tickets'); ?></p>
			<?php endif; ?>
		</section>
	</div>
	<div>
		<section>
			<h2><?php esc_html_e('Ask us', 'keydesk-bridge'); ?></h2>
			<p class="kd-soft"><?php esc_html_e('Your question goes straight to the people who make this plugin. The answer appears here and comes by mail.', 'keydesk-bridge'); ?></p>
			<p><?php echo $html->link(__('Contact', 'keydesk-bridge'), 'contact', $from, 'button button-primary'); ?></p>
		</section>
		<?php if ($view['docs'] !== '') : ?>
			<section>
				<h2><?php esc_html_e('Read', 'keydesk-bridge'); ?></h2>
				<p><?php echo $html->outside(__('Documentation', 'keydesk-bridge'), $view['docs']); ?></p>
			</section>
		<?php endif; ?>
	</div>
</div>
