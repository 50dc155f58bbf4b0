<?php

/**
 * The frame around each tab: title, tabs, what the last act has to say.
 */

defined('ABSPATH') || exit;

$html = $view['html'];
$help = $view['tab'] !== 'license';
?>
<div class="wrap">
	<h1><?php echo esc_html($view['title']); ?></h1>
	<nav class="nav-tab-wrapper" aria-label="<?php echo esc_attr($view['title']); ?>">
		<a class="nav-tab<?php echo esc_attr($help ? ' nav-tab-active' : ''); ?>" href="<?php echo $html->url('help'); ?>"<?php if ($help) : ?> aria-current="page"<?php endif; ?>><?php esc_html_e('Help', 'keydesk-bridge'); ?></a>
		<a class="nav-tab<?php echo esc_attr($help ? '' : ' nav-tab-active'); ?>" href="<?php echo $html->url('license'); ?>"<?php if (!$help) : ?> aria-current="page"<?php endif; ?>><?php esc_html_e('License', 'keydesk-bridge'); ?></a>
	</nav>
	<div class="keydesk-bridge" data-tab="<?php echo esc_attr($view['tab']); ?>" data-bridge="<?php echo esc_attr($view['data']); ?>">
		<div class="kd-said" role="status">
			<?php if ($view['said'] !== array()) : ?>
				<div class="notice inline notice-<?php echo esc_attr($view['said']['kind']); ?>">
					<p>
						<?php echo esc_html($view['said']['text']); ?>
						<?php if (is_array($view['said']['link'] ?? null)) : ?>
							<?php echo $html->outside($view['said']['link']['text'], $view['said']['link']['url']); ?>
						<?php endif; ?>
					</p>
					<?php if (($view['said']['code_once'] ?? '') !== '') : ?>
						<p class="kd-line"><input id="kd-code" class="regular-text code" type="text" readonly value="<?php echo esc_attr($view['said']['code_once']); ?>" aria-label="<?php esc_attr_e('Code for the other site', 'keydesk-bridge'); ?>"><button type="button" class="button kd-copy" data-copied="<?php esc_attr_e('Copied', 'keydesk-bridge'); ?>"><?php esc_html_e('Copy', 'keydesk-bridge'); ?></button></p>
					<?php endif; ?>
				</div>
			<?php endif; ?>
		</div>
		<?php if ($view['has_moved'] && $view['tab'] !== 'license') : ?>
			<div class="notice notice-warning inline"><p><?php echo esc_html($view['words']->states()['site_changed']); ?>. <?php echo $html->link(__('Say what happened', 'keydesk-bridge'), 'license'); ?></p></div>
		<?php endif; ?>
		<?php if ($view['offline']) : ?>
			<p class="kd-soft"><?php esc_html_e('The help server cannot be reached at the moment; what you write is kept and sent later.', 'keydesk-bridge'); ?></p>
		<?php endif; ?>
		<?php $view['show']($view['tab'], $view); ?>
	</div>
</div>
